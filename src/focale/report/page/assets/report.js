/* What the page offers beyond reading: copying texts and saving tables. */
(function () {
  "use strict";

  var tables = JSON.parse(document.getElementById("focale-tables").textContent);

  function each(selector, act) {
    Array.prototype.forEach.call(document.querySelectorAll(selector), act);
  }

  /* Copy through a selection where the clipboard is closed to files opened by a double click. */
  function copy(element, button) {
    var range = document.createRange();
    range.selectNodeContents(element);
    var selection = window.getSelection();
    selection.removeAllRanges();
    selection.addRange(range);
    var done = document.execCommand("copy");
    selection.removeAllRanges();
    button.textContent = done ? "Copied" : "Select the text and copy it";
    window.setTimeout(function () { button.textContent = "Copy"; }, 2000);
  }

  function save(name, text) {
    var link = document.createElement("a");
    link.href = URL.createObjectURL(new Blob([text], { type: "text/tab-separated-values" }));
    link.download = name;
    link.click();
    window.setTimeout(function () { URL.revokeObjectURL(link.href); }, 1000);
  }

  each("button.copy", function (button) {
    button.hidden = false;
    button.addEventListener("click", function () {
      copy(document.getElementById(button.dataset.copy), button);
    });
  });
  each("button.download", function (button) {
    button.hidden = false;
    button.addEventListener("click", function () {
      save(button.dataset.file, tables[button.dataset.table]);
    });
  });
  /* What is folded on the screen is open on paper. */
  window.addEventListener("beforeprint", function () {
    each("details", function (fold) { fold.open = true; });
  });
})();
