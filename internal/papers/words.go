package papers

import "dobosh/internal/kit/lang"

// words are the labels of the form itself, in one language.
type words struct {
	decision, reasons, plan, affirms, remedy, made, code, check, record, sheet string
}

func wordsIn(tag lang.Tag) words {
	say := func(sr, en string) string { return lang.Text{"sr": sr, "en": en}.In(tag) }
	return words{
		decision: say("Одлука", "Decision"),
		reasons:  say("Зашто", "Why"),
		plan:     say("Шта се исплаћује", "What is paid"),
		affirms:  say("Прихватањем је изјављено", "Stated on acceptance"),
		remedy:   say("Ако се не слажете", "If you disagree"),
		made:     say("Донето", "Made on"),
		code:     say("Ознака одлуке", "Code of the decision"),
		check: say("Проверите ову одлуку: очитајте код телефоном или отворите адресу и упишите ознаку.",
			"Check this decision: scan the code with a phone, or open the address and enter the code of the decision."),
		record: say("Веродостојна је страница на адреси {url}. Ако се папир разликује од ње, важи страница.",
			"The page at {url} is the document of record. Where paper and page differ, the page holds."),
		sheet: say("Лист", "Sheet"),
	}
}
