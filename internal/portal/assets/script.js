// A form that was sent once is not sent again by an impatient second tap. The
// rooms would do nothing twice either; this only spares the wait. Going back to
// the page makes its forms ready again.
"use strict";
document.addEventListener("submit", (event) => {
  const form = event.target;
  if (form.dataset.sent) {
    event.preventDefault();
    return;
  }
  form.dataset.sent = "yes";
  form.setAttribute("aria-busy", "true");
});
addEventListener("pageshow", () => {
  for (const form of document.forms) {
    delete form.dataset.sent;
    form.removeAttribute("aria-busy");
  }
});

// Single keys at the desk: what is marked with data-key is pressed by that key, j and k
// go through the rows, a digit picks an answer, Enter sends it. By the place of the key, so that
// they are the same in every layout. They rest while somebody types, and once they are turned off.
const off = document.getElementById("keys-off");
const rest = () => !document.body.classList.contains("staff") || localStorage.getItem("keys") === "off";
if (off) {
  off.closest("p").hidden = false; // without the script there is nothing to turn off
  off.checked = rest();
  off.addEventListener("change", () => localStorage.setItem("keys", off.checked ? "off" : "on"));
}
const answers = [...document.querySelectorAll("#f input[type=radio]")].slice(0, 9);
if (!rest()) {
  answers.forEach((answer, i) => {
    const key = document.createElement("kbd");
    key.textContent = i + 1;
    (answer.nextElementSibling ?? answer.parentElement).append(" ", key);
  });
}
const rows = () => [...document.querySelectorAll("tbody th a, ul.rows a")];
const step = (by) => {
  const all = rows();
  const at = all.indexOf(document.activeElement);
  all[at < 0 ? 0 : Math.min(Math.max(at + by, 0), all.length - 1)]?.focus();
};
const keys = {
  j: () => step(1),
  k: () => step(-1),
  x: () => document.activeElement.closest("tr")?.querySelector("input[type=checkbox]")?.click(),
  "/": () => document.getElementById("q")?.focus(),
  "?": () => {
    const list = document.getElementById("keys");
    if (list) {
      list.open = !list.open;
      list.querySelector("summary").focus();
    }
  },
  Enter: () => document.querySelector("#f .go")?.click(),
};
document.addEventListener("keydown", (event) => {
  const at = event.target;
  if (rest() || event.ctrlKey || event.altKey || event.metaKey) return;
  if (at.matches("textarea, select, input:not([type=checkbox]):not([type=radio])")) return;
  if (event.key === "Enter" && at.closest("a, button, summary")) return;
  const key = ["?", "/"].includes(event.key) ? event.key : event.code.replace(/^Key|^Digit|^Numpad(?=\d)/, "").replace("NumpadEnter", "Enter");
  const name = key.length === 1 ? key.toLowerCase() : key;
  const marked = document.querySelector(`[data-key="${CSS.escape(name)}"]`) ?? answers[name - 1];
  if (!marked && !Object.hasOwn(keys, name)) return;
  event.preventDefault();
  if (!marked) return keys[name]();
  marked.focus();
  marked.click();
});
