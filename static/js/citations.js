// @ts-check
// A card with the quote over each citation number, while it is pointed at or has the focus.

const GAP = 8;
const WAIT_MS = 120;

/** @param {HTMLElement} root */
export function init(root) {
  const card = document.getElementById("cite-card");
  if (!card) return;
  let timer = 0;
  const open = (/** @type {Event} */ event) => {
    const chip = find(event);
    if (!chip) return;
    clearTimeout(timer);
    timer = setTimeout(() => show(card, chip), event.type === "focusin" ? 0 : WAIT_MS);
  };
  const close = (/** @type {Event} */ event) => {
    if (event.type !== "click" && event.type !== "keydown" && !find(event)) return;
    if (event instanceof KeyboardEvent && event.key !== "Escape") return;
    clearTimeout(timer);
    if (card.matches(":popover-open")) card.hidePopover();
  };
  // A finger has no hover: its tap opens the source itself.
  if (matchMedia("(hover: hover)").matches) root.addEventListener("pointerover", open);
  root.addEventListener("pointerout", close);
  root.addEventListener("focusin", (event) => {
    if (find(event)?.matches(":focus-visible")) open(event);
  });
  for (const name of ["focusout", "click", "keydown"]) root.addEventListener(name, close);
  document.addEventListener("scroll", close, { capture: true, passive: true });
}

/**
 * @param {Event} event
 * @returns {HTMLElement | null}
 */
function find(event) {
  return event.target instanceof Element ? event.target.closest(".cite") : null;
}

/**
 * @param {HTMLElement} card
 * @param {HTMLElement} chip
 */
function show(card, chip) {
  if (!chip.isConnected) return;
  card.replaceChildren(
    line("cite-card__title", chip.dataset.title),
    line("cite-card__place", chip.dataset.place),
    line("cite-card__quote", chip.dataset.quote),
  );
  card.showPopover();
  const anchor = chip.getBoundingClientRect();
  const { width, height } = card.getBoundingClientRect();
  const above = anchor.top - GAP - height;
  card.style.top = `${above > GAP ? above : anchor.bottom + GAP}px`;
  card.style.left = `${Math.max(GAP, Math.min(anchor.left - GAP, innerWidth - width - GAP))}px`;
}

/**
 * @param {string} className
 * @param {string | undefined} text
 */
function line(className, text) {
  const element = document.createElement("div");
  element.className = className;
  element.textContent = text ?? "";
  return element;
}
