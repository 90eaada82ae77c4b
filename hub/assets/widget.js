// <loa-feed src="https://hub.example" agency="…" kind="…" limit="6" lang="vi|en">fallback</loa-feed>
// One file, no dependency, no inline style or script: text from the hub only ever becomes text.
(() => {
  "use strict";
  if (customElements.get("loa-feed")) return;

  const own = document.currentScript?.src ? new URL(document.currentScript.src).origin : location.origin;
  const words = {
    vi: { loading: "Đang tải…", empty: "Chưa có tin nào.", error: "Chưa tải được tin.", all: "Xem tất cả" },
    en: { loading: "Loading…", empty: "Nothing published yet.", error: "The news could not be loaded.", all: "See all" },
  };
  const style = new CSSStyleSheet();
  style.replaceSync(`
    :host { display: block; color: var(--loa-text, inherit); font: inherit; }
    ul { list-style: none; margin: 0; padding: 0; }
    li { padding: .65em 0; border-top: 1px solid var(--loa-line, rgb(127 127 127 / .3)); }
    li:first-child { border-top: 0; }
    a { color: var(--loa-link, inherit); font-weight: 600; text-decoration: none; }
    a:hover, a:focus-visible { text-decoration: underline; }
    p { margin: .2em 0 0; }
    .meta { font-size: .875em; opacity: .85; }
    .all { margin-top: .6em; font-size: .9375em; }
  `);

  const element = (name, text, part) => {
    const made = document.createElement(name);
    if (text) made.textContent = text;
    if (part) { made.className = part; made.setAttribute("part", part); }
    return made;
  };
  const link = (text, address, part) => {
    const made = element("a", text, part);
    if (/^https?:\/\//i.test(address)) made.href = address;
    return made;
  };

  class LoaFeed extends HTMLElement {
    static observedAttributes = ["src", "agency", "kind", "limit", "lang"];

    connectedCallback() { this.schedule(); }
    attributeChangedCallback() { if (this.isConnected) this.schedule(); }
    disconnectedCallback() { this.request?.abort(); }

    // Several attributes often change together: one request for all.
    schedule() {
      if (this.waiting) return;
      this.waiting = true;
      queueMicrotask(() => { this.waiting = false; this.load(); });
    }

    async load() {
      this.request?.abort();
      if (!this.isConnected) return;
      const request = (this.request = new AbortController());
      const text = words[(this.lang || document.documentElement.lang || "vi").slice(0, 2)] || words.vi;
      try {
        if (!this.shadowRoot) {
          this.attachShadow({ mode: "open" }).adoptedStyleSheets = [style];
          this.show(element("p", text.loading, "status"), true);
        }
        const address = new URL("/widget/entries.json", this.getAttribute("src") || own);
        for (const name of ["agency", "kind", "limit"]) {
          if (this.getAttribute(name)) address.searchParams.set(name, this.getAttribute(name));
        }
        const answer = await fetch(address, { credentials: "omit", signal: request.signal });
        if (!answer.ok) throw new Error(`HTTP ${answer.status}`);
        this.show(this.list(await answer.json(), text), false);
      } catch {
        // The page's own fallback stands in the slot.
        if (!request.signal.aborted) this.show(element("p", text.error, "status"), false, element("slot"));
      }
    }

    list(data, text) {
      const part = new DocumentFragment();
      if (!data.entries.length) part.append(element("p", text.empty, "status"));
      const list = element("ul", "", "list");
      list.lang = "vi";
      for (const entry of data.entries) {
        const item = element("li", "", "entry");
        const meta = element("p", `${entry.kind} · ${entry.agency} · `, "meta");
        const time = element("time", entry.date);
        time.dateTime = entry.published_at;
        meta.append(time);
        item.append(link(entry.title, entry.url, "title"), meta);
        list.append(item);
      }
      const all = element("p", "", "all");
      all.append(link(text.all, data.home_url));
      part.append(list, all);
      return part;
    }

    show(status, busy, ...rest) {
      this.setAttribute("aria-busy", String(busy));
      this.shadowRoot?.replaceChildren(status, ...rest);
    }
  }
  customElements.define("loa-feed", LoaFeed);
})();
