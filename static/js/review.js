// @ts-check
// Reviewing by keys: 1 to 6 choose a verdict, Enter records it and opens the next answer.

/** @param {HTMLElement} root */
export function init(root) {
  root.addEventListener("keydown", (event) => {
    const form = /** @type {HTMLFormElement | null} */ (root.querySelector("[data-review]"));
    const target = /** @type {HTMLElement} */ (event.target);
    if (!form || event.ctrlKey || event.altKey || event.metaKey || event.isComposing) return;
    if (target.matches("textarea, select, a, button, summary, input:not([type='radio'])")) return;
    const verdicts = /** @type {NodeListOf<HTMLInputElement>} */ (form.querySelectorAll("[name='verdict']"));
    const chosen = verdicts[Number(event.key) - 1];
    if (/^[1-9]$/.test(event.key) && chosen) {
      chosen.checked = true;
      chosen.focus();
      event.preventDefault();
    } else if (event.key === "Enter" && form.querySelector("[name='verdict']:checked")) {
      form.requestSubmit();
      event.preventDefault();
    }
  });
}
