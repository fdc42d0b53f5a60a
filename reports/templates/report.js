"use strict";
// The page is complete without this script: it only sorts, filters and moves between what is there.
for (const table of document.querySelectorAll("table.sortable")) {
  const heads = [...table.tHead.rows[0].cells];
  heads.forEach((head, column) => {
    const button = document.createElement("button");
    button.type = "button";
    button.textContent = head.textContent;
    head.replaceChildren(button);
    button.addEventListener("click", () => {
      const down = head.getAttribute("aria-sort") !== "descending" && head.classList.contains("n")
        || head.getAttribute("aria-sort") === "ascending";
      heads.forEach((other) => other.removeAttribute("aria-sort"));
      head.setAttribute("aria-sort", down ? "descending" : "ascending");
      const value = (row) => row.cells[column].dataset.v ?? row.cells[column].textContent;
      const body = table.tBodies[0];
      const rows = [...body.rows].sort((a, b) => {
        const x = value(a), y = value(b);
        const order = isNaN(x) || isNaN(y) ? (x < y ? -1 : x > y ? 1 : 0) : x - y;
        return down ? -order : order;
      });
      body.append(...rows);
    });
  });
}

const form = document.getElementById("filter");
const cards = [...document.querySelectorAll("article[data-d]")];
const plain = (text) => text.normalize("NFKC").toLowerCase().replace(/\s+/g, "");
const texts = new Map();
const textOf = (card) => {
  let text = texts.get(card);
  if (text === undefined) {
    const of = (selector) => [...card.querySelectorAll(selector)].map((part) => part.textContent).join("");
    text = plain([".say", ".in", ".diff td:first-child", ".diff td:last-child", ".json"].map(of).join("\u0000"));
    texts.set(card, text);
  }
  return text;
};
const number = new Intl.NumberFormat("en");
const apply = () => {
  const wanted = { r: form.r.value, d: form.d.value, s: form.s.value };
  const query = plain(form.q.value);
  let count = 0;
  for (const card of cards) {
    const fits = (!wanted.d || card.dataset.d === wanted.d)
      && (!wanted.s || card.dataset.s === wanted.s)
      && (!wanted.r || card.dataset.r.split(" ").includes(wanted.r))
      && (!query || textOf(card).includes(query));
    card.hidden = !fits;
    count += fits;
  }
  for (const part of document.querySelectorAll(".part")) {
    const mark = part.querySelector(".nomatch");
    if (mark) mark.hidden = part.querySelector("article:not([hidden])") !== null;
  }
  form.querySelector("output").textContent = `${number.format(count)} of ${number.format(cards.length)} shown`;
};
let waiting = 0;
form.hidden = document.querySelector(".keys").hidden = cards.length === 0;
form.addEventListener("input", () => { clearTimeout(waiting); waiting = setTimeout(apply, 80); });
form.addEventListener("reset", () => setTimeout(apply, 0));
form.addEventListener("submit", (event) => { event.preventDefault(); apply(); });
for (const link of document.querySelectorAll("a[data-rule]")) {
  link.addEventListener("click", () => { form.reset(); form.r.value = link.dataset.rule; setTimeout(apply, 0); });
}
const reveal = () => {
  const target = location.hash && document.getElementById(location.hash.slice(1));
  if (target && target.hidden) { form.reset(); setTimeout(() => target.scrollIntoView(), 50); }
};
addEventListener("hashchange", reveal);
document.addEventListener("keydown", (event) => {
  if (event.ctrlKey || event.metaKey || event.altKey) return;
  const typing = event.target.closest("input, select, textarea");
  if (event.key === "Escape" && event.target === form.q) { form.q.value = ""; apply(); form.q.blur(); return; }
  if (typing) return;
  if (event.key === "/") { event.preventDefault(); form.q.focus(); return; }
  if (event.key !== "j" && event.key !== "k") return;
  const open = cards.filter((card) => !card.hidden);
  const at = open.indexOf(document.activeElement.closest("article"));
  const next = open[event.key === "j" ? at + 1 : Math.max(at - 1, 0)];
  if (next) { next.focus({ preventScroll: true }); next.scrollIntoView({ block: "start" }); }
});
apply();
