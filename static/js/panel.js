// @ts-check
// Opens a source beside the answer. Without this module, or with Ctrl held, the link opens the source's own page.

import { htmx } from "./htmx.js";
import { step } from "./keys.js";

const MARGIN_PX = 24;

/** @param {HTMLElement} root */
export function init(root) {
  // Where a page cannot be drawn, its words are shown instead.
  document.addEventListener("error", (event) => showWords(/** @type {Element} */ (event.target)), { capture: true });
  const panel = document.getElementById("panel");
  if (!panel) {
    revealOnPage();
    return;
  }
  let opener = /** @type {HTMLElement | null} */ (null);

  const close = () => {
    if (panel.hidden) return;
    panel.hidden = true;
    document.getElementById("panel-body")?.replaceChildren();
    mark(null);
    opener?.focus({ preventScroll: true });
  };

  root.addEventListener("click", (event) => {
    const target = /** @type {Element} */ (event.target);
    if (target.closest("[data-panel-close]")) {
      close();
      return;
    }
    const other = /** @type {HTMLElement | null} */ (target.closest("[data-panel-step]"));
    if (other) {
      step(other.dataset.panelStep === "next" ? 1 : -1);
      return;
    }
    const link = /** @type {HTMLAnchorElement | null} */ (target.closest("a[data-source]"));
    if (!link || event.ctrlKey || event.metaKey || event.shiftKey || event.button !== 0) return;
    event.preventDefault();
    if (!panel.contains(link)) {
      opener = link;
      mark(link);
    }
    open(panel, link.href);
  });
  root.addEventListener("keydown", (event) => {
    if (event.key === "Escape" && !document.querySelector(":popover-open")) close();
  });
  document.addEventListener("htmx:afterSettle", (event) => {
    if (/** @type {Element} */ (event.target).id === "panel-body") reveal(panel);
  });
  document.addEventListener("htmx:responseError", (event) => {
    if (/** @type {Element} */ (event.target).id === "panel-body") fill("panel-failed");
  });
  document.addEventListener("htmx:sendError", (event) => {
    if (/** @type {Element} */ (event.target).id === "panel-body") fill("panel-failed");
  });
}

/**
 * @param {HTMLElement} panel
 * @param {string} address
 */
function open(panel, address) {
  panel.hidden = false;
  fill("panel-waiting");
  panel.focus({ preventScroll: true });
  htmx.ajax("GET", address, { source: "#panel-body", target: "#panel-body", swap: "innerHTML" });
}

/** @param {Element} image that did not load */
function showWords(image) {
  const frame = image instanceof HTMLImageElement ? image.closest(".leaf-frame") : null;
  if (!(frame instanceof HTMLElement)) return;
  frame.hidden = true;
  frame.nextElementSibling?.setAttribute("open", "");
}

/** @param {string} id of the template to show */
function fill(id) {
  const template = /** @type {HTMLTemplateElement | null} */ (document.getElementById(id));
  if (template) document.getElementById("panel-body")?.replaceChildren(template.content.cloneNode(true));
}

/**
 * Scroll the panel, and only the panel, until the quote is in its upper third and its first words are in sight.
 * @param {HTMLElement} panel
 */
function reveal(panel) {
  const scroll = panel.querySelector(".panel__scroll");
  const quote = panel.querySelector(".leaf__marks rect, mark");
  if (!scroll || !quote) return;
  const image = panel.querySelector("img");
  const move = () => {
    scroll.scrollTop += quote.getBoundingClientRect().top - scroll.getBoundingClientRect().top - scroll.clientHeight / 3;
    showBeginning(quote);
  };
  move();
  if (image && !image.complete) image.addEventListener("load", move, { once: true });
}

/** The same on a source's own page, where the whole page scrolls. */
function revealOnPage() {
  const quote = document.querySelector(".source-page .leaf__marks rect, .source-page mark");
  if (!quote) return;
  quote.scrollIntoView({ block: "center" });
  showBeginning(quote);
}

/**
 * On a phone the page is wider than the screen.
 * @param {Element} quote
 */
function showBeginning(quote) {
  const frame = quote.closest(".leaf-frame");
  if (!frame) return;
  const place = quote.getBoundingClientRect();
  const view = frame.getBoundingClientRect();
  if (place.right > view.right) frame.scrollLeft += place.left - view.left - MARGIN_PX;
}

/** @param {HTMLElement | null} link the one whose source is open */
function mark(link) {
  for (const old of document.querySelectorAll("a[data-source][aria-current]")) old.removeAttribute("aria-current");
  link?.setAttribute("aria-current", "true");
}
