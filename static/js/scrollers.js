// @ts-check
// A box that scrolls, and holds nothing that takes the focus, takes it itself: keys scroll it then.

const BOXES = ".table-wrap, .pre, .leaf-frame, .api-code, .uploads, .page-text pre";
const FOCUSABLE = "a[href], button, input, select, textarea, summary, [tabindex]";

/** @param {HTMLElement} root */
export function init(root) {
  for (const box of root.querySelectorAll(BOXES)) watch(/** @type {HTMLElement} */ (box));
}

const observer = new ResizeObserver((entries) => {
  for (const { target } of entries) adjust(/** @type {HTMLElement} */ (target));
});

/** @param {HTMLElement} box */
function watch(box) {
  adjust(box);
  observer.observe(box); // also when its window, its text or the details around it change
}

/** @param {HTMLElement} box */
function adjust(box) {
  const scrolls = box.scrollWidth > box.clientWidth || box.scrollHeight > box.clientHeight;
  if (scrolls && !box.querySelector(FOCUSABLE)) box.tabIndex = 0;
  else if (box.tabIndex === 0) box.removeAttribute("tabindex");
}
