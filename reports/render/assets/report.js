// Conveniences: everything that the report says is there without this.
"use strict";
(() => {
  // Sort tables by their columns.
  const key = (row, column) => {
    const cell = row.cells[column];
    const number = cell.dataset.sort;
    return number === undefined ? cell.textContent : Number(number);
  };
  const compare = (a, b) => {
    if (typeof a === "number" && typeof b === "number") return a - b;
    if (typeof a !== typeof b) return typeof a === "number" ? -1 : 1;
    return a.localeCompare(b, "en", { numeric: true });
  };
  const sort = (table, column) => {
    const heads = table.tHead.rows[0].cells;
    const up = heads[column].getAttribute("aria-sort") !== "ascending";
    for (const head of heads) head.removeAttribute("aria-sort");
    heads[column].setAttribute("aria-sort", up ? "ascending" : "descending");
    const rows = [...table.tBodies[0].rows];
    rows.sort((a, b) => (up ? 1 : -1) * compare(key(a, column), key(b, column)));
    table.tBodies[0].append(...rows);
  };
  for (const table of document.querySelectorAll("table.sortable")) {
    [...table.tHead.rows[0].cells].forEach((head, column) => {
      const button = document.createElement("button");
      button.type = "button";
      button.append(...head.childNodes);
      button.addEventListener("click", () => sort(table, column));
      head.append(button);
    });
  }

  // Figures of a point on hover and focus, without the browser's delay.
  const tip = document.createElement("div");
  tip.id = "tip";
  tip.hidden = true;
  document.body.append(tip);
  const show = (point) => {
    tip.textContent = point.getAttribute("aria-label");
    tip.hidden = false;
    const at = point.getBoundingClientRect();
    const x = Math.min(at.right + 10, document.documentElement.clientWidth - tip.offsetWidth - 8);
    const below = at.bottom + 8 + tip.offsetHeight < window.innerHeight;
    const y = below ? at.bottom + 8 : at.top - tip.offsetHeight - 8;
    tip.style.left = `${Math.max(8, x) + window.scrollX}px`;
    tip.style.top = `${y + window.scrollY}px`;
  };
  const hide = () => { tip.hidden = true; };
  for (const point of document.querySelectorAll("svg.chart .point")) {
    point.querySelector("title")?.remove();
    point.addEventListener("mouseenter", () => show(point));
    point.addEventListener("focus", () => show(point));
    point.addEventListener("mouseleave", hide);
    point.addEventListener("blur", hide);
  }
  document.addEventListener("keydown", (event) => { if (event.key === "Escape") hide(); });

  // Hand out the embedded data.
  for (const data of document.querySelectorAll("script[data-download]")) {
    const button = document.createElement("button");
    button.type = "button";
    button.textContent = `Download ${data.dataset.download}`;
    button.addEventListener("click", () => {
      const text = data.dataset.download.endsWith(".csv") ? JSON.parse(data.textContent) : data.textContent;
      const link = document.createElement("a");
      link.href = URL.createObjectURL(new Blob([text], { type: "text/plain" }));
      link.download = data.dataset.download;
      link.click();
      setTimeout(() => URL.revokeObjectURL(link.href), 10000);
    });
    document.getElementById("downloads").append(button);
  }

  // Paper has no fold.
  window.addEventListener("beforeprint", () => {
    for (const details of document.querySelectorAll("details")) details.open = true;
  });
})();
