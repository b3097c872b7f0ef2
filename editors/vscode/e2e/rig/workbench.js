// The editor's page, in the words of someone who debugs.
//
// Everything waits for what is to be seen on the page, and nothing for time to pass; what never comes
// fails after `PATIENCE`.

'use strict';

const assert = require('node:assert/strict');
const fs = require('node:fs');
const path = require('node:path');
const { chromium } = require('playwright-core');

const PATIENCE = 20_000;

/** Where pictures go: into the manual only if that is asked for, as they differ by a dot or two. */
const PICTURES = path.join(__dirname, process.env.TRAPLINE_BLESS ? '../../images' : '../.work/pictures');

/** Where the dots of breakpoints are. */
const MARGIN = '.editor-instance .glyph-margin-widgets';

/** @typedef {import('playwright-core').Page} Page */
/** @typedef {import('playwright-core').Locator} Locator */

class Workbench {
  /**
   * Opens a folder, in a browser of its own.
   *
   * @param {string} address of the server
   * @param {string} folder
   */
  static async open(address, folder) {
    const browser = await chromium.launch({
      executablePath: process.env.CHROMIUM ?? '/usr/bin/chromium',
      args: ['--no-sandbox', '--disable-gpu'],
    });
    const page = await browser.newPage({ viewport: { width: 1280, height: 800 } });
    page.setDefaultTimeout(PATIENCE);
    await page.goto(`${address}/?folder=${encodeURIComponent(folder)}`);
    await page.locator('.explorer-folders-view .monaco-list-row').first().waitFor();
    const workbench = new Workbench(browser, page);
    await workbench.widenSideBar(430);
    return workbench;
  }

  /**
   * Draws the side bar wider, so that values can be read.
   *
   * @param {number} to where its right edge shall be
   */
  async widenSideBar(to) {
    const bar = this.page.locator('.part.sidebar');
    const box = await bar.boundingBox();
    assert.ok(box);
    await this.page.mouse.move(box.x + box.width, box.y + 300);
    await this.page.mouse.down();
    await this.page.mouse.move(to, box.y + 300, { steps: 5 });
    await this.page.mouse.up();
    await this.page.waitForFunction(
      (/** @type {number} */ edge) => {
        const bar = document.querySelector('.part.sidebar');
        return bar && Math.abs(bar.getBoundingClientRect().right - edge) < 5;
      },
      to,
    );
  }

  /**
   * @param {import('playwright-core').Browser} browser
   * @param {Page} page
   */
  constructor(browser, page) {
    this.browser = browser;
    this.page = page;
  }

  async close() {
    await this.browser.close();
  }

  /** A row of the explorer. @param {string} name */
  file(name) {
    return this.page.locator('.explorer-folders-view .monaco-list-row').filter({ hasText: exactly(name) });
  }

  /** Opens a file that the explorer shows. @param {string} name */
  async openFile(name) {
    await this.file(name).dblclick();
    await this.page.locator('.tab.active').filter({ hasText: name }).waitFor();
    await this.page.locator('.monaco-editor .view-line').first().waitFor();
  }

  /**
   * Makes a breakpoint at a line of the file that is open, by a click beside it.
   *
   * @param {number} line
   */
  async breakAt(line) {
    const before = await this.dots().count();
    const [x, y] = await this.beside(line);
    // The editor takes clicks there only once its debugger is loaded, from when on there is a pale dot
    // under the pointer.
    const pale = this.page.locator(`${MARGIN} .codicon-debug-hint`);
    const deadline = Date.now() + PATIENCE;
    for (let moved = 0; (await pale.count()) === 0; moved = 1 - moved) {
      assert.ok(Date.now() < deadline, 'the editor offers breakpoints');
      await this.page.mouse.move(x + moved, y);
      await this.page.evaluate(() => new Promise(requestAnimationFrame));
    }
    await this.page.mouse.click(x, y);
    await this.dots().nth(before).waitFor();
  }

  /**
   * Takes a breakpoint away again.
   *
   * @param {number} line
   */
  async clearAt(line) {
    const last = this.dots().nth((await this.dots().count()) - 1);
    await this.page.mouse.click(...(await this.beside(line)));
    await last.waitFor({ state: 'detached' });
  }

  /**
   * Where the dot of a line's breakpoint is.
   *
   * @param {number} line
   * @returns {Promise<[number, number]>}
   */
  async beside(line) {
    const number = this.page
      .locator('.editor-instance .margin-view-overlays .line-numbers')
      .filter({ hasText: exactly(String(line)) });
    const [box, margin] = await Promise.all([
      number.boundingBox(),
      this.page.locator('.editor-instance .margin').first().boundingBox(),
    ]);
    assert.ok(box && margin, `line ${line} is on the page`);
    return [margin.x + 9, box.y + box.height / 2];
  }

  /** The dots of breakpoints beside the file that is open, of any kind. */
  dots() {
    return this.page.locator(
      `${MARGIN} [class*="codicon-debug-breakpoint"], ${MARGIN} [class*="codicon-debug-stackframe"]`,
    );
  }

  /** Starts what the list of configurations has chosen. */
  async start() {
    // The editor has read them once the status bar shows the chosen one.
    await this.page.locator('[id="status.debug"]').waitFor();
    await this.page.keyboard.press('F5');
  }

  /**
   * Chooses an entry of the menu of a file in the explorer.
   *
   * @param {string} file
   * @param {string} entry
   */
  async chooseFor(file, entry) {
    await this.file(file).click({ button: 'right' });
    // Menus take no click in their first moments, but keys.
    const item = this.page.locator('.context-view').getByRole('menuitem', { name: entry });
    await item.hover();
    await this.page.locator('.context-view .action-item.focused').filter({ hasText: entry }).waitFor();
    await this.page.keyboard.press('Enter');
  }

  /** A dialog that has to be answered before anything else. */
  dialog() {
    return this.page.locator('.monaco-dialog-box');
  }

  /**
   * Presses a button of the debugger's own bar.
   *
   * @param {string} name such as `Step Over`
   */
  async press(name) {
    await this.page.locator('.debug-toolbar').getByRole('button', { name: new RegExp(`^${name}`) }).click();
  }

  /**
   * Waits until the program has stopped in a function.
   *
   * @param {string} name of the innermost one
   * @param {string} place its file and line, such as `report.c 12`
   */
  async stoppedIn(name, place) {
    await this.frames().first().filter({ hasText: name }).filter({ hasText: place }).waitFor();
  }

  /** The calls, innermost first. */
  frames() {
    return this.page.locator('.debug-call-stack .monaco-list-row:has(.stack-frame)');
  }

  /** The names and lines of calls. */
  async callStack() {
    return this.frames().evaluateAll((rows) =>
      rows.map((row) => {
        /** @param {string} part */
        const text = (part) => row.querySelector(part)?.textContent?.trim() ?? '';
        return `${text('.expression')} ${text('.file-name')}:${text('.line-number').split(':')[0]}`.trim();
      }),
    );
  }

  /** Variables of the view, as far as they are unfolded, each as `name: value`. */
  async variables() {
    return this.page
      .locator('.debug-variables .monaco-list-row .expression')
      .evaluateAll((rows) =>
        rows.map((row) => (row.textContent ?? '').replace(/\s*[:=]\s*/, ': ').trim()),
      );
  }

  /**
   * The row of a variable.
   *
   * @param {string} name
   * @param {string} [value] what it has to show
   */
  variable(name, value) {
    const row = this.page.locator('.debug-variables .monaco-list-row').filter({
      has: this.page.locator('.name', { hasText: new RegExp(`^${escaped(name)}\\s*[:=]?\\s*$`) }),
    });
    return value === undefined ? row : row.filter({ hasText: value });
  }

  /** Shows what a variable consists of. @param {string} name */
  async unfold(name) {
    await this.variable(name).first().locator('.monaco-tl-twistie').click();
    await this.page
      .locator('.debug-variables .monaco-list-row[aria-expanded=true]')
      .filter({ hasText: name })
      .first()
      .waitFor();
  }

  /** The widget that tells why a program stopped. */
  exception() {
    return this.page.locator('.exception-widget');
  }

  /** What the debug console shows. */
  console() {
    return this.page.locator('.repl .monaco-list-row');
  }

  /**
   * Evaluates an expression in the debug console.
   *
   * @param {string} expression
   */
  async evaluate(expression) {
    await this.page.locator('.repl-input-wrapper .monaco-editor').click();
    await this.page.keyboard.type(expression);
    await this.page.keyboard.press('Enter');
  }

  /**
   * Takes a picture of the page for the manual.
   *
   * @param {string} name
   */
  async picture(name) {
    await this.page.mouse.move(900, 700);
    await this.page.evaluate(() => document.fonts.ready);
    await this.page.screenshot({ path: path.join(PICTURES, `${name}.png`), caret: 'hide', animations: 'disabled' });
  }

  /**
   * Keeps what there was when a scenario failed.
   *
   * @param {string} folder
   */
  async evidence(folder) {
    console.log(`What there was is kept in ${folder}.`);
    await this.page.screenshot({ path: path.join(folder, 'failed.png') });
    fs.writeFileSync(path.join(folder, 'failed.html'), await this.page.content());
  }
}

/** @param {string} text */
function escaped(text) {
  return text.replace(/[.*+?^${}()|[\]\\]/g, '\\$&');
}

/** @param {string} text */
function exactly(text) {
  return new RegExp(`^\\s*${escaped(text)}\\s*$`);
}

module.exports = { Workbench };
