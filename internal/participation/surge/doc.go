// Package surge says when more is reported of something than one would expect: of a
// category, of a place, of a word. A burst pipe is many reports in a street before anyone has told the
// waterworks.
//
// It counts reports by body and day, and expects of a day what the eight weeks before it had, the later ones more than
// the earlier ones, on that day of the week. What is above it by more than chance allows is a surge. It promises:
//
//   - A budget of false alarms: of counts in which nothing happens, at most one alarm a week and body, over all that is
//     watched together (TestBudgetOfFalseAlarms). More that is watched makes each harder to reach, not more alarms.
//   - A threefold rise of a category is found on its day where twenty or more a day are usual, and in nine of ten where
//     twelve are (TestAThreefoldRiseIsFoundWithinADay). Of rarer things, and of one word among hundreds, a day tells too
//     little for the budget; how often such a rise is found all the same stands in docs/participation.md.
//   - A weekend does not alarm, nor a Monday: days of the week are expected as they were. Days on
//     which reports vary more than chance, as all real ones, are allowed for as they varied.
//   - Nothing is said of a body of which there are less than two weeks ([Least]).
//   - Memory is bounded: [MostKeys] things are watched, each for 64 days. Of words, those that were
//     counted least make room.
//
// What it does not know: holidays, weather, and that somebody called on others to write. It names what rose; why is
// for people. The days of the week are learned from all categories of a body together. What it holds is counts, which their
// owner keeps elsewhere and gives again with [Watch.Add] after a start.
package surge
