// @ts-check
// Puts Attest into a page of another site: one script tag. Asks nothing of the page's policy but `script-src` and `frame-src`.
//
// <script src="https://attest.example/static/widget/embed.js" data-widget="UID" data-token-url="/attest-token" defer></script>

(() => {
  const tag = /** @type {HTMLScriptElement | null} */ (document.currentScript);
  if (!tag?.dataset.widget) return;
  const given = { ...tag.dataset };
  const home = new URL(tag.src).origin;
  const words = /^zh/i.test(given.language || navigator.language)
    ? { open: "打开问答", close: "关闭问答", title: "问答" }
    : { open: "Open questions and answers", close: "Close questions and answers", title: "Questions and answers" };
  const accent = /^#[0-9a-f]{6}$/i.test(given.accent ?? "") ? /** @type {string} */ (given.accent) : "#0b6350";

  // Sheets that are built by a script are no inline style: a strict policy lets them be.
  const sheet = new CSSStyleSheet();
  sheet.replaceSync(`
    :host { all: initial; position: fixed; z-index: 2147483000; right: 1rem; bottom: 1rem; }
    button { box-sizing: border-box; display: grid; place-items: center; width: 3.5rem; height: 3.5rem; padding: 0; border: 0;
      border-radius: 50%; background: var(--accent); color: var(--on-accent); cursor: pointer; box-shadow: 0 4px 16px rgb(0 0 0 / 25%); }
    button:focus-visible { outline: 3px solid var(--accent); outline-offset: 3px; }
    svg { width: 1.5rem; height: 1.5rem; fill: none; stroke: currentColor; stroke-width: 2; stroke-linecap: round; stroke-linejoin: round; }
    iframe { display: none; position: fixed; right: 1rem; bottom: 5.5rem; width: min(26rem, calc(100vw - 2rem));
      height: min(40rem, calc(100dvh - 7rem)); border: 0; border-radius: 16px; box-shadow: 0 8px 40px rgb(0 0 0 / 30%);
      color-scheme: light dark; }
    :host([open]) iframe { display: block; }
    @media (max-width: 30rem) { iframe { inset: 0; width: 100vw; height: 100dvh; border-radius: 0; } :host([open]) button { display: none; } }
  `);
  const host = document.createElement("attest-widget");
  const root = host.attachShadow({ mode: "open" });
  root.adoptedStyleSheets = [sheet];
  host.style.setProperty("--accent", accent);
  host.style.setProperty("--on-accent", isLight(accent) ? "#10201b" : "#ffffff");
  const button = document.createElement("button");
  button.type = "button";
  button.innerHTML = '<svg viewBox="0 0 24 24" aria-hidden="true"><path d="M21 15a2 2 0 0 1-2 2H7l-4 4V5a2 2 0 0 1 2-2h14a2 2 0 0 1 2 2z"/></svg>';
  button.setAttribute("aria-expanded", "false");
  button.setAttribute("aria-label", words.open);
  root.append(button);
  document.body.append(host);

  /** @type {HTMLIFrameElement | null} */
  let frame = null;

  button.addEventListener("click", () => (host.hasAttribute("open") ? close() : open()));

  function open() {
    if (!frame) {
      frame = document.createElement("iframe");
      const address = new URL(`/widget/${given.widget}/`, home);
      address.searchParams.set("origin", location.origin);
      for (const name of ["language", "theme", "accent"]) if (given[name]) address.searchParams.set(name, /** @type {string} */ (given[name]));
      frame.src = address.href;
      frame.title = given.title || words.title;
      frame.referrerPolicy = "origin";
      frame.addEventListener("load", () => say({ type: "attest:opened" }));
      root.prepend(frame);
    } else say({ type: "attest:opened" });
    host.setAttribute("open", "");
    button.setAttribute("aria-expanded", "true");
    button.setAttribute("aria-label", words.close);
    frame.focus();
  }

  function close() {
    host.removeAttribute("open");
    button.setAttribute("aria-expanded", "false");
    button.setAttribute("aria-label", words.open);
    button.focus();
  }

  /** @param {object} message to the frame, and to no other origin than Attest's */
  function say(message) {
    frame?.contentWindow?.postMessage(message, home);
  }

  addEventListener("message", async (event) => {
    if (event.origin !== home || !frame || event.source !== frame.contentWindow) return;
    if (event.data?.type === "attest:close") close();
    if (event.data?.type === "attest:token") say({ type: "attest:token", token: await findToken() });
  });
  addEventListener("keydown", (event) => {
    if (event.key === "Escape" && host.hasAttribute("open")) close();
  });

  /** @returns {Promise<string>} a new token for this user from the site itself; "" where it has none */
  async function findToken() {
    if (given.token) return /** @type {string} */ (given.token);
    if (!given.tokenUrl) return "";
    try {
      const response = await fetch(given.tokenUrl, { credentials: "same-origin", cache: "no-store", headers: { Accept: "application/json" } });
      if (!response.ok) return "";
      const text = await response.text();
      return text.startsWith("{") ? String(JSON.parse(text).token ?? "") : text.trim();
    } catch {
      return "";
    }
  }

  /** @param {string} colour "#rrggbb" */
  function isLight(colour) {
    const [red = 0, green = 0, blue = 0] = [1, 3, 5].map((at) => parseInt(colour.slice(at, at + 2), 16));
    return (red * 299 + green * 587 + blue * 114) / 1000 > 150;
  }
})();
