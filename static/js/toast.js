// @ts-check
// One line at the foot of the page that goes by itself.

const SHOWN_MS = 4000;

/** @param {string} text */
export function toast(text) {
  const list = document.getElementById("toasts");
  if (!list || !text) return;
  const line = document.createElement("div");
  line.className = "toast";
  line.textContent = text;
  list.append(line);
  setTimeout(() => line.remove(), SHOWN_MS);
}
