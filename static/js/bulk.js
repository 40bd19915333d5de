// @ts-check
// Ticking documents in a list: all of the page at once, how many are ticked, all that match in place of single ones.

/** @param {HTMLElement} root */
export function init(root) {
  const forms = root.matches("form[data-bulk]") ? [root] : root.querySelectorAll("form[data-bulk]");
  for (const form of forms) start(/** @type {HTMLFormElement} */ (form));
}

/** @param {HTMLFormElement} form */
function start(form) {
  if (form.dataset.ready) return;
  form.dataset.ready = "yes";
  const page = /** @type {HTMLInputElement} */ (form.querySelector("[data-bulk-page]"));
  const all = /** @type {HTMLInputElement} */ (form.querySelector("[data-bulk-all]"));
  const label = /** @type {HTMLElement} */ (page.closest("label"));
  label.hidden = false;
  const list = form.closest("#documents") ?? document.body;
  const show = () => {
    const boxes = ones(list);
    const ticked = boxes.filter((box) => box.checked).length;
    const count = all.checked ? Number(form.dataset.count) : ticked;
    page.checked = !all.checked && ticked > 0 && ticked === boxes.length;
    page.indeterminate = !all.checked && ticked > 0 && ticked < boxes.length;
    page.disabled = all.checked;
    for (const box of boxes) box.disabled = all.checked;
    const status = /** @type {HTMLElement} */ (form.querySelector("[data-bulk-count]"));
    const text = count ? `${status.dataset.some} ${count}` : (status.dataset.none ?? "");
    if (status.textContent !== text) status.textContent = text;
  };
  list.addEventListener("change", (event) => {
    const box = /** @type {HTMLInputElement} */ (event.target);
    if (box === page) for (const one of ones(list)) one.checked = page.checked;
    if (box === page || box === all || box.matches("[data-bulk-one]")) show();
  });
  form.addEventListener("submit", (event) => {
    if (!all.checked && !ones(list).some((box) => box.checked)) {
      event.preventDefault(); // nothing is selected: the words beside the boxes say so
      page.focus();
    }
  });
  show();
}

/**
 * @param {Element} list
 * @returns {HTMLInputElement[]}
 */
function ones(list) {
  return [...list.querySelectorAll("[data-bulk-one]")].map((box) => /** @type {HTMLInputElement} */ (box));
}
