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
    await this.drag([box.x + box.width, box.y + 300], [to, box.y + 300]);
    await this.page.waitForFunction(
      (edge) => {
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

  /** Opens a file of the explorer. @param {string} path below the folder that is open */
  async openFile(path) {
    const folders = path.split('/');
    const name = /** @type {string} */ (folders.pop());
    for (const folder of folders) await this.file(folder).click();
    await this.file(name).dblclick();
    await this.page.locator('.tab.active').filter({ hasText: name }).waitFor();
    await this.page.locator('.monaco-editor .view-line').first().waitFor();
  }

  /** Scrolls the file that is open to a line. @param {number} line */
  async goTo(line) {
    await this.page.keyboard.press('Control+G');
    await this.answer(`:${line}`);
    await this.page.locator('.statusbar-item').filter({ hasText: `Ln ${line},` }).waitFor();
  }

  /**
   * Makes a breakpoint at a line of the file that is open, by a click beside it.
   *
   * @param {number} line
   */
  async breakAt(line) {
    const before = await this.dots().count();
    await this.page.mouse.click(...(await this.pointBeside(line)));
    await this.dots().nth(before).waitFor();
  }

  /**
   * Points beside a line of the file that is open, until the editor offers a breakpoint there with a pale
   * dot. From then on it knows how to debug.
   *
   * @param {number} line
   */
  async pointBeside(line) {
    const [x, y] = await this.beside(line);
    const pale = this.page.locator(`${MARGIN} .codicon-debug-hint`);
    const deadline = Date.now() + PATIENCE;
    for (let moved = 0; (await pale.count()) === 0; moved = 1 - moved) {
      assert.ok(Date.now() < deadline, 'the editor offers breakpoints');
      await this.page.mouse.move(x + moved, y);
      await this.page.evaluate(() => new Promise(requestAnimationFrame));
    }
    return /** @type {const} */ ([x, y]);
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
    return this.page.locator(`${MARGIN} [class*="codicon-debug-breakpoint"]`);
  }

  /** Starts what the list of configurations has chosen. A breakpoint has to have been offered before. */
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
    const buttons = this.page.locator('.debug-toolbar a.action-label');
    await buttons.and(this.page.getByRole('button', { name: new RegExp(`^${name}`) })).click();
  }

  /**
   * Waits until the program has stopped in a function.
   *
   * @param {string | RegExp} name of the innermost one
   * @param {string} place its file and line, such as `report.c 12`
   */
  async stoppedIn(name, place) {
    await this.frames().first().filter({ hasText: name }).filter({ hasText: place }).waitFor();
  }

  /** Waits until the editor says why the program has stopped. @param {string} reason */
  async pausedOn(reason) {
    await this.page.locator('.sidebar .pane-header').filter({ hasText: `Paused on ${reason}` }).waitFor();
  }

  /** The calls, innermost first. */
  frames() {
    return this.page.locator('.debug-call-stack .monaco-list-row:has(.stack-frame)');
  }

  /**
   * Gives the variables more room, as of long lists only what can be seen is on the page.
   *
   * @param {number} to where on the page what follows them shall begin
   */
  async makeRoom(to) {
    /** @param {string} name */
    const header = (name) =>
      this.page.locator('.sidebar .pane-header').filter({
        has: this.page.locator('.title', { hasText: exactly(name) }),
      });
    for (const name of ['Watch', 'Loaded Scripts']) {
      if ((await header(name).getAttribute('aria-expanded')) === 'true') await header(name).click();
      await header(name).and(this.page.locator('[aria-expanded=false]')).waitFor();
    }
    const variables = this.page.locator('.sidebar .pane:has(.debug-variables)');
    const box = await variables.boundingBox();
    assert.ok(box);
    await this.drag([box.x + 200, box.y + box.height], [box.x + 200, to]);
    await this.page.waitForFunction(
      (edge) => {
        const pane = document.querySelector('.sidebar .pane:has(.debug-variables)');
        return pane && Math.abs(pane.getBoundingClientRect().bottom - edge) < 5;
      },
      to,
    );
  }

  /**
   * Drags what is at a place to another.
   *
   * @param {[number, number]} from
   * @param {[number, number]} to
   */
  async drag(from, to) {
    await this.page.mouse.move(...from);
    await this.page.mouse.down();
    await this.page.mouse.move(...to, { steps: 5 });
    await this.page.mouse.up();
  }

  /**
   * Waits until the calls are these, innermost first, whatever called them. The editor asks for the
   * innermost one first, and for the others after it.
   *
   * @param {string[]} wanted each as `function file:line`
   */
  async calledFrom(wanted) {
    await this.frames().nth(wanted.length - 1).waitFor();
    const shown = await this.frames().evaluateAll((rows) =>
      rows.map((row) => {
        /** @param {string} part */
        const text = (part) => row.querySelector(part)?.textContent?.trim() ?? '';
        return `${text('.expression')} ${text('.file-name')}:${text('.line-number').split(':')[0]}`.trim();
      }),
    );
    assert.deepEqual(shown.slice(0, wanted.length), wanted);
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
    await unfolded(this.variable(name).first());
  }

  /** Shows variables of a kind, of which the editor shows only the first kind by itself. @param {string} name */
  async openScope(name) {
    const scope = this.page.locator('.debug-variables .monaco-list-row:has(.scope)');
    await unfolded(scope.filter({ hasText: exactly(name) }));
  }

  /**
   * Answers the question of an input box.
   *
   * @param {string} answer
   */
  async answer(answer) {
    const box = this.page.locator('.quick-input-widget input').first();
    await box.waitFor();
    await box.fill(answer);
    await box.press('Enter');
  }

  /** Does a command of the editor. @param {string} name */
  async command(name) {
    await this.page.keyboard.press('F1');
    const box = this.page.locator('.quick-input-widget input').first();
    await box.waitFor();
    await box.fill(`>${name}`);
    const first = this.page.locator('.quick-input-list .monaco-list-row').first();
    await first.filter({ hasText: name }).waitFor();
    await box.press('Enter');
  }

  /** Waits until the view of instructions shows that one comes next. @param {string} text */
  async atInstruction(text) {
    const rows = this.page.locator('.disassembly-view .monaco-list-row');
    await rows.filter({ has: this.page.locator('.codicon-debug-stackframe') }).filter({ hasText: text }).waitFor();
  }

  /**
   * Gives a variable another value, in its row.
   *
   * @param {string} name
   * @param {string} value
   */
  async change(name, value) {
    await this.variable(name).locator('.name').dblclick();
    const box = this.page.locator('.debug-variables .inputBoxContainer input');
    await box.fill(value);
    await box.press('Enter');
    await box.waitFor({ state: 'hidden' });
  }

  /**
   * Points at a word of the file that is open.
   *
   * @param {string} word
   * @param {number} line
   * @returns {Promise<string>} the text of what the debugger shows there
   */
  async pointAt(word, line) {
    const [, y] = await this.beside(line);
    const words = this.page.locator('.editor-instance .view-line span').filter({ hasText: exactly(word) });
    for (const found of await words.all()) {
      const box = await found.boundingBox();
      if (!box || box.y > y || box.y + box.height < y) continue;
      await this.page.mouse.move(box.x + box.width / 2, y);
      const hover = this.page.locator('.debug-hover-widget');
      await hover.waitFor();
      return hover.innerText();
    }
    return assert.fail(`${word} is in line ${line}`);
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
    await this.page.locator('.monaco-hover:visible').first().waitFor({ state: 'hidden' });
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

/**
 * Unfolds a row of a tree, if it is not.
 *
 * @param {Locator} row
 */
async function unfolded(row) {
  if ((await row.getAttribute('aria-expanded')) !== 'true') await row.locator('.monaco-tl-twistie').click();
  await row.and(row.page().locator('[aria-expanded=true]')).waitFor();
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
