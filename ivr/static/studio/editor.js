// A YAML editor. It lives in a shadow root: there its styles are style sheet objects, and the page's content policy,
// which lets no inline style in, needs no exception.

import {
  EditorState, EditorView, HighlightStyle, autocompletion, closeBrackets, closeBracketsKeymap,
  completionKeymap, defaultKeymap, drawSelection, foldGutter, highlightActiveLine, highlightSelectionMatches, history,
  historyKeymap, indentUnit, indentWithTab, keymap, lineNumbers, lintGutter, lintKeymap, openSearchPanel, searchKeymap,
  setDiagnostics, syntaxHighlighting, tags, yaml,
} from "../vendor/codemirror.js";

const LOOK = EditorView.theme({
  "&": { height: "100%", fontSize: "14px", color: "var(--text)", backgroundColor: "var(--surface)" },
  ".cm-scroller": { fontFamily: "var(--mono)", lineHeight: "1.5" },
  ".cm-content": { caretColor: "var(--accent)" },
  ".cm-cursor": { borderLeftColor: "var(--accent)" },
  ".cm-gutters": { backgroundColor: "var(--surface)", color: "var(--muted)", border: "0" },
  ".cm-activeLine": { backgroundColor: "color-mix(in srgb, var(--accent-soft) 45%, transparent)" },
  "&.cm-focused": { outline: "none" },
  "&.cm-focused .cm-selectionBackground, .cm-selectionBackground": { backgroundColor: "var(--accent-soft) !important" },
  ".cm-panels, .cm-tooltip": { backgroundColor: "var(--surface)", color: "var(--text)", borderColor: "var(--line)" },
  ".cm-tooltip": { border: "1px solid var(--line)", borderRadius: "8px", maxWidth: "36rem" },
  ".cm-tooltip-autocomplete ul li[aria-selected]": { backgroundColor: "var(--accent)", color: "var(--on-accent)" },
  ".cm-diagnostic": { padding: "6px 10px", whiteSpace: "normal", fontFamily: "var(--sans)" },
  ".cm-textfield, .cm-button": { fontSize: "inherit", backgroundImage: "none", backgroundColor: "var(--surface)", color: "var(--text)", borderColor: "var(--line-strong)" },
});
const COLOURS = HighlightStyle.define([
  { tag: tags.comment, color: "var(--muted)", fontStyle: "italic" },
  { tag: [tags.propertyName, tags.definition(tags.propertyName)], color: "var(--accent-text)", fontWeight: "600" },
  { tag: [tags.string, tags.content], color: "var(--text)" },
  { tag: [tags.keyword, tags.bool, tags.null, tags.number], color: "var(--warn)" },
  { tag: [tags.punctuation, tags.separator, tags.squareBracket, tags.brace], color: "var(--muted)" },
]);

/** An editor in `place`. `changed()` follows every change of the text, `complete` is a completion source or null. */
export function makeEditor(place, text, label, changed, complete) {
  const root = place.attachShadow({ mode: "open" });
  const inner = document.createElement("div");
  const fill = new CSSStyleSheet();
  fill.replaceSync(":host { display: block } div:first-child { height: 100% }");
  root.adoptedStyleSheets = [fill];
  root.append(inner);
  const view = new EditorView({
    parent: inner,
    root,
    state: EditorState.create({
      doc: text,
      extensions: [
        lineNumbers(), foldGutter(), lintGutter(), history(), drawSelection(), highlightActiveLine(),
        highlightSelectionMatches(), closeBrackets(), indentUnit.of("  "), yaml(), syntaxHighlighting(COLOURS), LOOK,
        EditorState.tabSize.of(2), EditorView.lineWrapping,
        EditorView.contentAttributes.of({ "aria-label": label, spellcheck: "false" }),
        autocompletion({ override: complete ? [complete] : [] }),
        keymap.of([
          ...closeBracketsKeymap, ...completionKeymap, ...lintKeymap, ...searchKeymap, ...historyKeymap,
          ...defaultKeymap, indentWithTab,
        ]),
        EditorView.updateListener.of((update) => update.docChanged && changed()),
      ],
    }),
  });
  return {
    view,
    get text() {
      return view.state.doc.toString();
    },
    set text(value) {
      view.dispatch({ changes: { from: 0, to: view.state.doc.length, insert: value } });
    },
    get line() {
      return view.state.doc.lineAt(view.state.selection.main.head).number;
    },
    /** Put the cursor on a line, in the middle of the window. */
    go(number) {
      const line = view.state.doc.line(Math.min(Math.max(1, number), view.state.doc.lines));
      view.dispatch({ selection: { anchor: line.from }, effects: EditorView.scrollIntoView(line.from, { y: "center" }) });
      view.focus();
    },
    search: () => openSearchPanel(view),
    /** Underline problems: `{line, message, mend, severity}`. */
    underline(problems) {
      const marks = problems.map((problem) => {
        const line = view.state.doc.line(Math.min(Math.max(1, problem.line), view.state.doc.lines));
        const from = line.from + (line.text.length - line.text.trimStart().length);
        return {
          from, to: Math.max(from, line.to), severity: problem.severity,
          message: `${problem.field}: ${problem.message}. ${problem.mend}`,
        };
      });
      view.dispatch(setDiagnostics(view.state, marks));
    },
  };
}
