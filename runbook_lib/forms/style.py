"""How forms look: one stylesheet under one class, in JupyterLab's own colors for both themes."""

from __future__ import annotations

from typing import Literal

from ..display.cards import escape

MessageTone = Literal["good", "warning", "bad", "busy", "waiting"]

# Each of JupyterLab's colors has a fallback, for Voilà and front ends without these variables.
_CSS = """
.rb { --rb-line: var(--jp-border-color2, #c8c8c8); --rb-text: var(--jp-ui-font-color1, #1b1b1b);
  --rb-quiet: var(--jp-ui-font-color2, #5a5a5a); --rb-surface: var(--jp-layout-color1, #fff);
  --rb-raised: var(--jp-layout-color2, #f4f4f4); --rb-brand: var(--jp-brand-color1, #1565c0);
  --rb-bad: #c62828; --rb-good: #2e7d32; --rb-warning: #9a5b00; }
body[data-jp-theme-light="false"] .rb { --rb-bad: #ff8a80; --rb-good: #81c784; --rb-warning: #ffb74d; }
.rb { max-width: 860px; box-sizing: border-box; border: 1px solid var(--rb-line); border-radius: 4px;
  background: var(--rb-surface); color: var(--rb-text); padding: 16px 20px; margin: 4px 0; overflow: visible; }
.rb .widget-html, .rb .widget-html-content { height: auto; color: var(--rb-text); line-height: 1.45;
  font-size: var(--jp-ui-font-size1, 13px); user-select: text; }
.rb .widget-html-content { width: 100%; min-width: 0; }
.rb .rb-title { font-size: 17px; font-weight: 600; margin: 0 0 4px; }
.rb :is(.rb-title, .rb-focus):focus { outline: none; }
.rb .rb-place { font-size: 11px; font-weight: 600; border: 1px solid var(--rb-line); border-radius: 9px;
  padding: 1px 8px; margin-left: 6px; color: var(--rb-quiet); vertical-align: middle; }
.rb .rb-place-azure { color: var(--rb-bad); border-color: var(--rb-bad); }
.rb .rb-form, .rb .rb-box, .rb .widget-tab, .rb .rb-field { width: 100%; overflow: visible; }
.rb .widget-tab > .widget-tab-contents, .rb .jupyter-widget-tab-contents { border: 0; padding: 14px 0 0;
  background: transparent; overflow: visible; }
.rb .widget-tab > .lm-TabBar { border-bottom: 1px solid var(--rb-line); overflow-x: auto; }
.rb .widget-tab > .lm-TabBar > .lm-TabBar-content { border: 0; gap: 4px; }
.rb .widget-tab > .lm-TabBar > .lm-TabBar-content > .lm-TabBar-tab { flex: 0 0 auto; max-width: none; min-width: 0;
  height: auto; margin: 0; padding: 5px 12px 6px; line-height: 20px; border: 0; border-bottom: 2px solid transparent;
  background: transparent; color: var(--rb-quiet); font-family: var(--jp-ui-font-family, sans-serif); transform: none; }
.rb .widget-tab > .lm-TabBar > .lm-TabBar-content > .lm-TabBar-tab::before { display: none; }
.rb .widget-tab > .lm-TabBar > .lm-TabBar-content > .lm-TabBar-tab:hover { color: var(--rb-text); }
.rb .widget-tab > .lm-TabBar > .lm-TabBar-content > .lm-TabBar-tab.lm-mod-current { color: var(--rb-text);
  font-weight: 600; border-bottom-color: var(--rb-brand); }
.rb .rb-field { margin: 0 0 10px; }
.rb :is(.rb-field, .rb-group > .rb-box) > :is(.widget-text, .widget-dropdown, .widget-combobox) { width: 100%;
  height: auto; min-height: 30px; margin: 0; align-items: center; }
.rb .widget-label { width: 180px; flex: 0 0 180px; text-align: left; color: var(--rb-text); height: auto;
  line-height: 1.35; white-space: normal; }
.rb .rb-required > .widget-label::after { content: " *"; color: var(--rb-bad); }
.rb input[type="text"], .rb select { height: 30px; border: 1px solid var(--rb-line); border-radius: 3px;
  background: var(--rb-surface); color: var(--rb-text); padding: 2px 8px; max-width: 100%; min-width: 0; }
.rb input[type="text"]::placeholder { color: var(--rb-quiet); opacity: .8; }
.rb select { background-image: none; appearance: auto; }
body[data-jp-theme-light="false"] .rb select, body[data-jp-theme-light="false"] .rb input { color-scheme: dark; }
.rb .rb-invalid input[type="text"], .rb .rb-invalid select { border-color: var(--rb-bad);
  box-shadow: 0 0 0 1px var(--rb-bad); }
.rb :is(input, select, button, summary, .lm-TabBar-tab):focus-visible { outline: 2px solid var(--rb-brand);
  outline-offset: 1px; }
.rb :is(input, select):disabled { opacity: .6; background: var(--rb-raised); }
.rb .rb-flag > .widget-checkbox { width: calc(100% - 188px); margin: 0 0 0 188px; height: auto; }
.rb .rb-flag > .rb-under { margin-left: 210px; }
.rb .rb-flag .widget-label-basic { width: auto; max-width: 100%; gap: 8px; height: auto; align-items: center;
  display: flex; white-space: normal; }
.rb .rb-flag input[type="checkbox"] { margin: 0; width: 14px; }
.rb .rb-confirmation > .widget-checkbox { width: 100%; margin: 10px 0 0; font-weight: 600; }
.rb .rb-under { margin: 2px 0 0 188px; }
.rb .rb-help { color: var(--rb-quiet); font-size: 12px; }
.rb .rb-message { font-size: 12px; }
.rb .rb-bad { color: var(--rb-bad); } .rb .rb-good { color: var(--rb-good); }
.rb .rb-warning { color: var(--rb-warning); } .rb :is(.rb-busy, .rb-waiting) { color: var(--rb-quiet); }
.rb .rb-row { width: 100%; margin: 0 0 6px; gap: 12px; overflow: visible; }
.rb .rb-search:focus-within .rb-bad { display: none; }
.rb .rb-search:focus-within .rb-invalid input { border-color: var(--rb-line); box-shadow: none; }
.rb .rb-tag { width: 100%; overflow: visible; }
.rb .rb-row > .jupyter-button { min-width: 0; padding: 0 10px; }
.rb .rb-row > .widget-text { flex: 1 1 0; width: auto; height: 30px; margin: 0; }
.rb .rb-row .widget-label { width: 46px; flex: 0 0 46px; }
.rb .rb-actions { width: 100%; margin: 14px 0 0; padding: 12px 0 0; border-top: 1px solid var(--rb-line); gap: 8px;
  flex-wrap: wrap; overflow: visible; }
.rb .jupyter-button { width: auto; min-width: 92px; height: 30px; line-height: 28px; padding: 0 16px; margin: 0;
  border: 1px solid var(--rb-line); border-radius: 3px; background: var(--rb-surface); color: var(--rb-text);
  box-shadow: none; }
.rb .jupyter-button:hover:enabled { background: var(--rb-raised); box-shadow: none; }
.rb .jupyter-button.mod-primary { background: #1565c0; border-color: #1565c0; color: #fff; }
.rb .jupyter-button.mod-primary:hover:enabled { background: #0d4f9e; }
.rb .jupyter-button.mod-danger { background: #b3261e; border-color: #b3261e; color: #fff; }
.rb .jupyter-button.mod-danger:hover:enabled { background: #8c1d18; }
.rb .jupyter-button:disabled { opacity: .5; cursor: default; }
.rb .rb-script { height: 0; min-height: 0; margin: 0; overflow: hidden; }
.rb .rb-copy { float: right; margin: 2px 4px; padding: 1px 8px; border: 1px solid var(--rb-line); border-radius: 3px;
  background: var(--rb-surface); color: var(--rb-text); font-size: 12px; cursor: pointer; }
.rb td .rb-copy { float: none; }
.rb .rb-lost { border: 1px solid var(--rb-bad); border-radius: 3px; padding: 6px 10px; margin: 0 0 8px; }
.rb .rb-onward { margin: 8px 0 0; }
.rb a { color: var(--jp-content-link-color, var(--rb-brand)); text-decoration: underline; }
.rb .rb-progress { width: 100%; margin: 12px 0 0; overflow: visible; }
.rb .rb-progress .widget-hprogress { width: 100%; height: 4px; margin: 0 0 6px; }
.rb .rb-progress .jupyter-button { margin: 0 0 0 auto; flex: 0 0 auto; }
.rb .rb-progress .progress { height: 4px; border: 0; background: var(--rb-raised); overflow: hidden; }
.rb .rb-card table { font-size: inherit; }
.rb .rb-card :is(th, td) { border: 0; background: transparent; }
.rb .rb-card pre { background: var(--rb-raised); color: var(--rb-text); padding: 8px 10px; border-radius: 3px;
  font-size: 12px; }
@media (max-width: 620px) {
  .rb { padding: 12px; }
  .rb :is(.rb-field, .rb-group > .rb-box) > :is(.widget-text, .widget-dropdown, .widget-combobox) {
    flex-direction: column; align-items: stretch; }
  .rb .widget-label { width: auto; flex-basis: auto; }
  .rb .rb-under, .rb .rb-flag > .widget-checkbox { margin-left: 0; }
  .rb .rb-flag > .widget-checkbox { width: 100%; }
  .rb .rb-flag > .rb-under { margin-left: 22px; }
}
"""


def heading(title: str, target: str) -> str:
    """Return the heading, with the stylesheet. It says where the step works, so that nobody is mistaken."""
    place = f'<span class="rb-place rb-place-{target}">{"Sandbox" if target == "sandbox" else "Azure"}</span>'
    return f'<style>{_CSS}</style><div class="rb-title" role="heading" aria-level="3">{escape(title)} {place}</div>'


def paragraph(text: str) -> str:
    """Return help text."""
    return f'<div class="rb-help">{escape(text)}</div>'


def message(tone: MessageTone, text: str) -> str:
    """Return a message that screen readers announce: errors at once, others when they pause, waiting not at all."""
    if not text:
        return ""
    role = {"bad": ' role="alert"', "waiting": ""}.get(tone, ' role="status"')
    return f'<div class="rb-message rb-{tone}"{role} style="white-space:pre-line">{escape(text)}</div>'
