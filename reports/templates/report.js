"use strict";
(() => {
  const root = document.documentElement;

  function button(words, act) {
    const made = document.createElement("button");
    made.type = "button";
    made.textContent = words;
    made.addEventListener("click", () => act(made));
    return made;
  }

  function addThemeSwitch() {
    const dark = matchMedia("(prefers-color-scheme: dark)");
    const isDark = () => (root.dataset.theme || (dark.matches ? "dark" : "light")) === "dark";
    const label = () => (isDark() ? "Light" : "Dark");
    const made = button(label(), () => {
      root.dataset.theme = isDark() ? "light" : "dark";
      made.textContent = label();
    });
    document.querySelector(".top .column").append(made);
  }

  function addHeatFilter() {
    const heat = document.getElementById("heat");
    if (!heat) return;
    const bar = document.createElement("p");
    bar.className = "filter";
    bar.append(
      button("Only groups that are not all ▲", (made) => {
        made.setAttribute("aria-pressed", String(heat.classList.toggle("open")));
      }),
    );
    heat.parentElement.before(bar);
  }

  // Rows are sorted inside their block: figures of different groups are not comparable.
  function sortBlocks(table, column, falling) {
    const value = (row) => Number(row.cells[column]?.dataset.v ?? NaN);
    for (const body of table.tBodies) {
      const rows = [...body.rows].slice(1);
      rows.sort((a, b) => {
        const x = value(a);
        const y = value(b);
        if (Number.isNaN(x) || Number.isNaN(y)) return Number.isNaN(x) - Number.isNaN(y);
        return falling ? y - x : x - y;
      });
      body.append(...rows);
    }
  }

  function makeSortable(table) {
    const heads = [...table.tHead.rows[0].cells];
    heads.forEach((head, column) => {
      if (!table.querySelector(`tbody td:nth-child(${column + 1})[data-v]`)) return;
      const made = button(head.textContent, () => {
        const falling = head.getAttribute("aria-sort") === "ascending";
        heads.forEach((other) => other.removeAttribute("aria-sort"));
        head.setAttribute("aria-sort", falling ? "descending" : "ascending");
        sortBlocks(table, column, falling);
      });
      head.replaceChildren(made);
    });
  }

  addThemeSwitch();
  addHeatFilter();
  document.querySelectorAll("table.figures").forEach(makeSortable);
})();
