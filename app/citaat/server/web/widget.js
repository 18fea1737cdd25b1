/* <citaat-chat>: ask a library, read the passages that answer. One element, no dependencies; everything that comes from a
   document or a person is set as text, never parsed as HTML. */
(() => {
  "use strict";

  const here = document.currentScript ? new URL(document.currentScript.src) : location;

  const WORDS = {
    nl: {
      ask: "Vraag", placeholder: "Stel een vraag aan de tekst", examples: "Bijvoorbeeld", more: "Verder in de tekst",
      open: "Lees in de bron", copy: "Kopieer met bron", copied: "Gekopieerd", share: "Deel deze vraag", shared: "Link gekopieerd",
      sure: "zekerheid", page: "pagina", clear: "Begin opnieuw", busy: "Zoeken…", you: "Uw vraag", read: "gelezen als",
      about: (label) => `Wat staat er over “${label}”?`,
      refused: (server) => `Deze site mag ${server} niet gebruiken, of de server is niet bereikbaar. ` +
        `De beheerder staat de site toe met CITAAT_ORIGINS=${location.origin}.`,
      none: "Ik vond geen passage die hier duidelijk antwoord op geeft.",
      failed: "De vraag kon niet worden beantwoord.",
    },
    en: {
      ask: "Ask", placeholder: "Ask the text a question", examples: "For example", more: "Further in the text",
      open: "Read in the source", copy: "Copy with source", copied: "Copied", share: "Share this question", shared: "Link copied",
      sure: "confidence", page: "page", clear: "Start again", busy: "Searching…", you: "Your question", read: "read as",
      about: (label) => `What does it say about “${label}”?`,
      refused: (server) => `This site may not use ${server}, or the server cannot be reached. ` +
        `Its administrator allows the site with CITAAT_ORIGINS=${location.origin}.`,
      none: "I found no passage that clearly answers this.",
      failed: "The question could not be answered.",
    },
  };
  const TURNS_SENT = 10;
  const TRIES = 240;

  /* An element with properties and children; a string child is text. */
  function make(name, properties = {}, ...children) {
    const { lang, part, role, ...own } = properties;
    const made = Object.assign(document.createElement(name), own);
    for (const [key, value] of Object.entries({ lang, part, role })) if (value) made.setAttribute(key, value);
    made.append(...children);
    return made;
  }

  /* Offsets count code points, which JavaScript's own indexes do not. */
  function marked(citation) {
    const points = Array.from(citation.quote);
    const parts = [];
    let at = 0;
    for (const { start, end } of citation.highlights) {
      const [first, last] = [start - citation.start, end - citation.start];
      parts.push(points.slice(at, first).join(""), make("mark", {}, points.slice(first, last).join("")));
      at = last;
    }
    return [...parts, points.slice(at).join("")];
  }

  function place(citation, words) {
    const page = citation.page ? [`${words.page} ${citation.page}`] : [];
    return [citation.document.title, ...citation.section, ...page].join(" › ");
  }

  class CitaatChat extends HTMLElement {
    #turns = [];
    #parts = {};

    connectedCallback() {
      if (this.shadowRoot) return;
      this.server = (this.getAttribute("server") || here.origin).replace(/\/$/, "");
      const root = this.attachShadow({ mode: "open" });
      const log = make("div", { className: "log", role: "log" });
      const input = make("input", { type: "text", name: "question", autocomplete: "off", maxLength: 2000, required: true });
      const send = make("button", { type: "submit", className: "send" });
      const form = make("form", {}, input, send);
      const empty = make("div", { className: "empty" });
      const clear = make("button", { type: "button", className: "quiet", hidden: true });
      root.append(make("link", { rel: "stylesheet", href: `${this.server}/widget.css` }), empty, log, form, clear);
      this.#parts = { log, input, send, empty, clear };
      form.addEventListener("submit", (event) => {
        event.preventDefault();
        if (input.value.trim()) this.ask(input.value.trim());
      });
      clear.addEventListener("click", () => this.clear());
      this.#speak(this.getAttribute("lang") || document.documentElement.lang || navigator.language);
      this.#restore();
    }

    /* Ask a question as if it had been typed; resolves when its answer stands there. */
    async ask(question) {
      const { log, input, send } = this.#parts;
      const entry = make("section", { className: "turn" });
      entry.append(make("h2", { className: "question" }, question), make("p", { className: "busy" }, this.words.busy));
      log.append(entry);
      input.value = "";
      send.disabled = true;
      entry.scrollIntoView({ block: "start" });
      try {
        const answer = await this.#fetch(question);
        this.#turns.push({ question, answer });
        this.#keep();
        this.#show(entry, question, answer);
        this.dispatchEvent(new CustomEvent("citaat-answer", { detail: { question, answer } }));
      } catch (error) {
        entry.lastChild.replaceWith(make("p", { className: "refusal", role: "alert" }, this.#why(error)));
      } finally {
        send.disabled = false;
        this.#toggle();
      }
    }

    /* Forget the conversation. */
    clear() {
      this.#turns = [];
      this.#parts.log.replaceChildren();
      this.#keep();
      this.#toggle();
      this.#parts.input.focus();
      this.dispatchEvent(new CustomEvent("citaat-clear"));
    }

    /* What the server has at a path, as JSON; waits for a library that is still loading. */
    async read(path) {
      for (let tries = 0; ; tries += 1) {
        const response = await fetch(this.server + path);
        const body = await response.json();
        if (response.ok) return body;
        if (body.code !== "loading" || tries === TRIES) throw new Error(body.detail);
        await new Promise((resolve) => setTimeout(resolve, 250));
      }
    }

    /* Whether the last question of this tab's conversation is this one. */
    remembers(question) {
      return this.#turns.at(-1)?.question === question;
    }

    get words() {
      return WORDS[this.speaks];
    }

    focus() {
      this.#parts.input.focus();
    }

    async #fetch(question) {
      const messages = this.#turns.slice(-TURNS_SENT).flatMap((turn) => [
        { role: "user", content: turn.question },
        { role: "assistant", content: turn.answer.answer },
      ]);
      const documents = this.getAttribute("documents")?.split(",").map((one) => one.trim()) ?? null;
      const response = await fetch(`${this.server}/ask`, {
        method: "POST",
        headers: { "content-type": "application/json" },
        body: JSON.stringify({ question, messages, documents }),
      });
      const body = await response.json().catch(() => ({}));
      if (!response.ok) throw new Error(body.detail);
      return body;
    }

    #show(entry, question, answer) {
      this.#speak(answer.language);
      const words = this.words;
      const parts = [make("h2", { className: "question" }, question)];
      if (answer.question !== question.normalize()) parts.push(make("p", { className: "read" }, `${words.read}: ${answer.question}`));
      if (!answer.citations.length) {
        parts.push(make("p", { className: "refusal" }, answer.suggestions.length ? words.none : answer.answer));
      }
      parts.push(...answer.citations.map((citation) => this.#quote(citation, words)));
      if (answer.suggestions.length) parts.push(this.#choices(words.more, answer.suggestions, words.about));
      if (answer.citations.length) parts.push(this.#share(question, words));
      entry.lang = answer.language;
      entry.replaceChildren(...parts);
    }

    #quote(citation, words) {
      const open = make("a", { className: "chip", href: citation.url, target: "_blank", rel: "noopener" }, String(citation.number));
      const name = make("a", { className: "place", href: citation.url, target: "_blank", rel: "noopener" }, place(citation, words));
      open.setAttribute("aria-label", `${words.open}: ${citation.number}`);
      for (const link of [open, name]) link.addEventListener("click", (event) => this.#open(event, citation));
      const copy = make("button", { type: "button", className: "quiet" }, words.copy);
      const text = `“${citation.quote}”\n${place(citation, words)}\n${citation.url}`;
      copy.addEventListener("click", () => this.#copy(copy, text, words.copied));
      const sure = make("span", { className: "sure" }, `${words.sure} ${Math.round(citation.confidence * 100)}%`);
      const quote = make("blockquote", { lang: citation.document.language, cite: citation.url }, ...marked(citation));
      return make("figure", { part: "quote" }, quote, make("figcaption", {}, open, name, sure, copy));
    }

    #choices(title, labels, question) {
      const buttons = labels.map((label) => {
        const button = make("button", { type: "button", className: "choice" }, label);
        button.addEventListener("click", () => this.ask(question(label)));
        return make("li", {}, button);
      });
      return make("div", { className: "choices" }, make("p", {}, title), make("ul", {}, ...buttons));
    }

    #share(question, words) {
      const share = make("button", { type: "button", className: "quiet" }, words.share);
      const link = `${this.server}/#q=${encodeURIComponent(question)}`;
      share.addEventListener("click", () => this.#copy(share, link, words.shared));
      return share;
    }

    /* The page around may show the source itself: it then prevents the default, which is a new tab. */
    #open(event, citation) {
      const wish = new CustomEvent("citaat-open", { detail: { citation, from: event.currentTarget }, cancelable: true });
      if (!this.dispatchEvent(wish)) event.preventDefault();
    }

    /* A browser tells a page of another origin no more than that fetching failed: a TypeError. */
    #why(error) {
      return error instanceof TypeError ? this.words.refused(this.server) : error.message || this.words.failed;
    }

    async #copy(button, text, done) {
      await navigator.clipboard.writeText(text);
      const before = button.textContent;
      button.textContent = done;
      setTimeout(() => (button.textContent = before), 1500);
    }

    #speak(language) {
      this.speaks = String(language).toLowerCase().startsWith("nl") ? "nl" : "en";
      const { input, send, clear } = this.#parts;
      input.placeholder = this.words.placeholder;
      input.setAttribute("aria-label", this.words.placeholder);
      send.textContent = this.words.ask;
      clear.textContent = this.words.clear;
    }

    /* The conversation lives in this tab only. */
    #keep() {
      try {
        sessionStorage.setItem(`citaat ${this.server}`, JSON.stringify(this.#turns));
      } catch {
        this.#turns = this.#turns.slice(-TURNS_SENT);
      }
    }

    #restore() {
      try {
        this.#turns = JSON.parse(sessionStorage.getItem(`citaat ${this.server}`) ?? "[]");
      } catch {
        this.#turns = [];
      }
      for (const { question, answer } of this.#turns) {
        const entry = make("section", { className: "turn" });
        this.#parts.log.append(entry);
        this.#show(entry, question, answer);
      }
      this.#toggle();
    }

    async #toggle() {
      const { empty, clear, log } = this.#parts;
      clear.hidden = empty.hidden = log.childElementCount > 0;
      clear.hidden = !clear.hidden;
      if (empty.hidden || empty.childElementCount) return;
      try {
        const { questions } = await this.read("/examples");
        if (questions.length) empty.replaceChildren(this.#choices(this.words.examples, questions, (question) => question));
      } catch (error) {
        empty.replaceChildren(make("p", { className: "refusal", role: "alert" }, this.#why(error)));
      }
    }
  }

  customElements.define("citaat-chat", CitaatChat);
})();
