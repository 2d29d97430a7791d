"use strict";
// The filter of the pairs to read: shows the cards of which every word typed stands in the labels.
(() => {
  const box = document.getElementById("filter");
  if (!box) return;
  const cards = [...document.querySelectorAll(".card")];
  const told = document.getElementById("filtered");
  const show = () => {
    const words = box.value.toLowerCase().split(/\s+/).filter(Boolean);
    let count = 0;
    for (const card of cards) {
      card.hidden = !words.every((word) => card.dataset.words.includes(word));
      count += !card.hidden;
    }
    told.textContent = count + " of " + cards.length + " pairs";
  };
  box.addEventListener("input", show);
  box.form.addEventListener("submit", (event) => event.preventDefault());
  box.form.hidden = false;
  // A link that ends in #only=WORDS shows these.
  if (location.hash.startsWith("#only=")) box.value = decodeURIComponent(location.hash.slice(6));
  show();
})();
