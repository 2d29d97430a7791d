"use strict";
// Everything from data goes into the page through textContent or value, and nowhere else.
(() => {
  const SHOWN = 2000; // characters of a text before it is folded
  const data = JSON.parse(document.getElementById("data").textContent);
  const { items } = data;
  const key = `taskmill-review-${data.sample}`;
  const at = (id) => document.getElementById(id);
  const TEXTS = ["prompt", "response"];
  const NAMED = ["scope", "task", "example_id", "template", "template_id", "pair_id", "text_hash", "drawn"];
  const WORDS = { accept: "accepted", reject: "rejected", fix: "fixed", comment: "comment only" };

  let state = { decided: {}, place: 0, reviewer: "" };
  let history = []; // of [pair_id, what was decided before, place]
  let unsaved = false;
  let canKeep = true;
  let mode = ""; // "fix", "comment" or none

  function restore() {
    try {
      const kept = localStorage.getItem(key);
      if (kept !== null) state = { ...state, ...JSON.parse(kept) };
    } catch {
      canKeep = false;
    }
    state.place = Math.min(Math.max(0, state.place | 0), items.length - 1);
    at("reviewer").value = state.reviewer;
  }

  function keep() {
    try {
      localStorage.setItem(key, JSON.stringify(state));
    } catch {
      if (canKeep) say("This browser keeps nothing for this page: save before you close it.", true);
      canKeep = false;
    }
  }

  function say(text, isBad = false) {
    at("said").textContent = text;
    at("said").classList.toggle("bad", isBad);
  }

  const item = () => items[state.place];
  const decision = () => state.decided[item().pair_id];

  function put(id, text) {
    const node = at(id);
    node.textContent = text.length > SHOWN ? text.slice(0, whole(text, SHOWN)) + "…" : text;
    if (text.length <= SHOWN) return;
    const more = document.createElement("button");
    more.type = "button";
    more.className = "fold";
    more.textContent = `Show all ${text.length.toLocaleString("en")} characters`;
    more.addEventListener("click", () => {
      node.textContent = text;
      node.tabIndex = -1;
      node.focus({ preventScroll: true });
    });
    node.append(more);
  }

  // A cut that does not halve a surrogate pair.
  function whole(text, end) {
    const code = text.charCodeAt(end - 1);
    return code >= 0xd800 && code < 0xdc00 ? end - 1 : end;
  }

  function chips(names) {
    at("chips").replaceChildren(...names.map((name) => {
      const chip = document.createElement("span");
      chip.className = "chip";
      chip.textContent = name.replaceAll("_", " ");
      return chip;
    }));
  }

  function show() {
    const one = item(), made = decision();
    const done = items.filter(({ pair_id }) => isDecided(state.decided[pair_id])).length;
    at("progress").max = items.length;
    at("progress").value = done;
    at("count").textContent = `${done} of ${items.length} decided`;
    at("place").textContent = `${state.place + 1} / ${items.length}`;
    const languages = [...new Set([one.prompt_language, one.response_language])].join(" → ");
    at("names").textContent = `${one.task} · ${one.template} · ${languages}`;
    const system = one.system ? [`system message: ${one.system}`] : [];
    chips([...(one.flags ?? []), ...(one.warnings ?? []), ...(one.form ?? []), ...system, ...(one.reviewers.length > 1 ? ["two reviewers"] : [])]);
    at("verdict").hidden = !made;
    at("verdict").className = `verdict ${made?.decision ?? ""}`;
    at("verdict").textContent = made ? WORDS[made.decision] : "";
    for (const name of TEXTS) put(name, made?.[`fixed_${name}`] ?? one[name]);
    at("remark").hidden = !made?.comment || mode !== "";
    put("comment", made?.comment ?? "");
    at("editor").hidden = mode === "";
    at("fixing").hidden = mode !== "fix";
    at("commenting").hidden = mode !== "comment";
    for (const name of TEXTS) at(name).parentElement.hidden = mode === "fix";
    for (const id of Object.keys(BUTTONS)) at(id).disabled = mode !== "";
    at("undo").disabled ||= history.length === 0;
    at("previous").disabled ||= state.place === 0;
    at("next").disabled ||= state.place === items.length - 1;
  }

  const isDecided = (made) => made !== undefined && made.decision !== "comment";

  function go(place) {
    if (place < 0 || place >= items.length) return;
    mode = "";
    state.place = place;
    keep();
    show();
    scrollTo(0, 0);
  }

  function decide(made, advance) {
    history.push([item().pair_id, decision(), state.place]);
    state.decided[item().pair_id] = { ...made, decided_at: new Date().toISOString() };
    unsaved = true;
    mode = "";
    say(`${state.place + 1}: ${WORDS[made.decision]}`);
    if (advance && state.place < items.length - 1) go(state.place + 1);
    else {
      if (items.every(({ pair_id }) => isDecided(state.decided[pair_id]))) say("All decided: save with s.");
      keep();
      show();
    }
  }

  function judge(word) {
    decide({ decision: word, ...(decision()?.comment ? { comment: decision().comment } : {}) }, true);
  }

  function edit(what) {
    mode = what;
    const made = decision();
    for (const name of TEXTS) at(`fixed_${name}`).value = made?.[`fixed_${name}`] ?? item()[name];
    at("comment_text").value = made?.comment ?? "";
    show();
    at(what === "fix" ? "fixed_response" : "comment_text").focus();
  }

  function stopEditing() {
    mode = "";
    show();
    at("item").focus({ preventScroll: true });
  }

  function finish() {
    const made = { ...(decision() ?? { decision: "comment" }) };
    if (mode === "comment") {
      made.comment = at("comment_text").value.trim();
      if (!made.comment && made.decision === "comment") return stopEditing();
      if (!made.comment) delete made.comment;
      decide(made, false);
    } else {
      const fixed = {};
      for (const name of TEXTS) {
        const text = at(`fixed_${name}`).value;
        if (!text.trim()) return say(`The ${name} must not be blank; reject the pair instead.`, true);
        // A text area turns every line break into \n: only what a person changed is a fix.
        if (text !== item()[name].replace(/\r\n?/g, "\n")) fixed[`fixed_${name}`] = text;
      }
      if (!Object.keys(fixed).length) {
        say("Nothing was changed.", true);
        return stopEditing();
      }
      decide({ decision: "fix", ...(made.comment ? { comment: made.comment } : {}), ...fixed }, true);
    }
    at("item").focus({ preventScroll: true });
  }

  function undo() {
    if (!history.length) return;
    const [pairId, before, place] = history.pop();
    if (before === undefined) delete state.decided[pairId];
    else state.decided[pairId] = before;
    unsaved = true;
    go(place);
    say(`${place + 1}: undone`);
  }

  function save() {
    const reviewer = at("reviewer").value.trim();
    at("reviewer").classList.toggle("wanted", !reviewer);
    if (!reviewer) {
      say("Write your name first: decisions need a reviewer.", true);
      at("reviewer").focus();
      return;
    }
    const lines = items.filter(({ pair_id }) => state.decided[pair_id]).map((one) => {
      const named = Object.fromEntries(NAMED.map((name) => [name, one[name]]));
      return JSON.stringify({ ...named, reviewer, ...state.decided[one.pair_id] }) + "\n";
    });
    if (!lines.length) return say("Nothing is decided yet.", true);
    const link = document.createElement("a");
    link.href = URL.createObjectURL(new Blob(lines, { type: "application/jsonl" }));
    link.download = `decisions-${data.sample}-${reviewer.toLowerCase().replace(/[^a-z0-9]+/g, "_")}.jsonl`;
    link.click();
    setTimeout(() => URL.revokeObjectURL(link.href), 60_000);
    unsaved = false;
    say(`Saved ${lines.length} as ${link.download}. Hand it to: taskmill review import`);
  }

  const KEYS = {
    a: () => judge("accept"), r: () => judge("reject"), f: () => edit("fix"), c: () => edit("comment"), u: undo,
    j: () => go(state.place + 1), k: () => go(state.place - 1), s: save,
  };
  const BUTTONS = { accept: "a", reject: "r", fix: "f", remark_on: "c", undo: "u", next: "j", previous: "k", save: "s" };

  document.addEventListener("keydown", (event) => {
    if (mode && event.key === "Escape") return stopEditing();
    if (mode && event.key === "Enter" && (event.ctrlKey || event.metaKey)) return finish();
    if (event.ctrlKey || event.metaKey || event.altKey || event.target.matches("input, textarea")) return;
    const act = KEYS[event.key.toLowerCase()];
    if (!act || mode) return;
    event.preventDefault();
    act();
  });
  for (const [id, letter] of Object.entries(BUTTONS)) at(id).addEventListener("click", () => mode || KEYS[letter]());
  at("cancel").addEventListener("click", stopEditing);
  at("editor").addEventListener("submit", (event) => {
    event.preventDefault();
    finish();
  });
  at("reviewer").addEventListener("input", () => {
    state.reviewer = at("reviewer").value;
    at("reviewer").classList.remove("wanted");
    keep();
  });
  at("reviewer").addEventListener("keydown", (event) => {
    if (event.key === "Enter") at("item").focus();
  });
  addEventListener("beforeunload", (event) => {
    if (unsaved && !canKeep) event.preventDefault();
  });

  restore();
  say("Decisions stay in this browser until you save them.");
  keep();
  show();
})();
