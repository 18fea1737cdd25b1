/* The page around <citaat-chat>: the source beside the conversation, its table of contents, and links that ask (#q=). A
   question stands in the fragment of an address, which no browser sends, so that no log of requests holds it. */
(() => {
  "use strict";

  const WORDS = {
    nl: { close: "Sluit", contents: "Inhoud", over: "Vraag het aan de tekst, lees het woordelijk terug.", label: "Bron" },
    en: { close: "Close", contents: "Contents", over: "Ask the text, read its own words.", label: "Source" },
  };
  const find = (id) => document.getElementById(id);
  const chat = document.querySelector("citaat-chat");
  const [aside, text, title, sections] = ["source", "text", "title", "sections"].map(find);
  let opener = null;

  const speaks = navigator.language.toLowerCase().startsWith("nl") ? "nl" : "en";
  document.documentElement.lang = speaks;
  const words = WORDS[speaks];
  find("close").textContent = words.close;
  find("contents").textContent = words.contents;
  aside.setAttribute("aria-label", words.label);
  text.setAttribute("aria-label", words.label);

  function make(name, properties, ...children) {
    const made = Object.assign(document.createElement(name), properties);
    made.append(...children);
    return made;
  }

  /* The text of a document in code points, cut where sections begin and where the passage lies. */
  function laidOut(found, citation) {
    const points = Array.from(found.text);
    const cuts = new Map(found.sections.map(({ start }, number) => [start, number]));
    const bounds = citation ? [citation.start, citation.end] : [];
    const edges = [...new Set([0, ...cuts.keys(), ...bounds, points.length])].sort((one, other) => one - other);
    return edges.slice(0, -1).flatMap((start, place) => {
      const part = points.slice(start, edges[place + 1]).join("");
      const inside = citation && start >= citation.start && start < citation.end;
      const anchor = cuts.has(start) ? [make("span", { id: `section-${cuts.get(start)}`, className: "anchor" })] : [];
      return [...anchor, inside ? make("mark", {}, part) : part];
    });
  }

  async function open(documentId, citation = null) {
    const found = await chat.read(`/documents/${encodeURIComponent(documentId)}`);
    title.textContent = found.title;
    text.lang = found.language || "";
    text.replaceChildren(...laidOut(found, citation));
    sections.replaceChildren(
      ...found.sections
        .map(({ section }, number) => [section.at(-1), number])
        .filter(([label]) => label)
        .map(([label, number]) => make("li", {}, make("a", { href: `#section-${number}` }, label))),
    );
    aside.hidden = false;
    text.scrollTop = 0;
    text.querySelector("mark")?.scrollIntoView({ block: "center" });
    title.focus({ preventScroll: true });
  }

  function close() {
    aside.hidden = true;
    opener?.focus();
  }

  chat.addEventListener("citaat-open", (event) => {
    event.preventDefault();
    opener = event.detail.from;
    open(event.detail.citation.document.id, event.detail.citation);
  });
  chat.addEventListener("citaat-answer", (event) => {
    address(event.detail.question);
  });
  chat.addEventListener("citaat-clear", () => {
    history.replaceState(null, "", location.pathname);
  });
  sections.addEventListener("click", (event) => {
    const target = event.target.hash && find(event.target.hash.slice(1));
    if (!target) return;
    event.preventDefault();
    target.scrollIntoView({ block: "start" });
    text.focus({ preventScroll: true });
  });
  find("close").addEventListener("click", close);
  document.addEventListener("keydown", (event) => {
    if (event.key === "Escape" && !aside.hidden) close();
  });

  async function describe() {
    const listed = await chat.read("/documents");
    const buttons = listed.map((one) => {
      const button = make("button", { type: "button" }, one.title);
      button.addEventListener("click", () => {
        opener = button;
        open(one.id);
      });
      return button;
    });
    find("documents").replaceChildren(`${words.over} `, ...buttons.flatMap((button) => [button, " "]));
  }

  function address(question) {
    history.replaceState(null, "", `${location.pathname}#q=${encodeURIComponent(question)}`);
  }

  function follow() {
    const asked = new URLSearchParams(location.hash.slice(1)).get("q");
    if (asked && !chat.remembers(asked)) chat.ask(asked);
    else chat.focus();
  }

  describe();
  const earlier = new URLSearchParams(location.search).get("q");
  if (earlier) address(earlier);
  window.addEventListener("hashchange", follow);
  follow();
})();
