// Run by test_vscode.py: node vscode.mjs PLAYWRIGHT CHROMIUM URL PACKAGE FILE FOLDER_FOR_PICTURES
// Drives VS Code in a browser as a user would, and prints what is on the page, one line `@name JSON` each.
import path from 'node:path';
import { pathToFileURL } from 'node:url';

const [playwright, executablePath, url, folder, file, pictures] = process.argv.slice(2);
const { chromium } = (await import(pathToFileURL(path.join(playwright, 'index.js')))).default;
const args = ['--no-sandbox', '--disable-gpu', '--disable-dev-shm-usage', '--disable-features=LocalNetworkAccessChecks'];
const browser = await chromium.launch({ executablePath, args });
const page = await (await browser.newContext({ viewport: { width: 1600, height: 1400 } })).newPage();

const tell = (name, value) => console.log(`@${name} ${JSON.stringify(value ?? null)}`);
const plain = (text) => text.replace(/[\u00a0\u00b7]/g, ' ').replace(/[\u200b-\u200f\u202a-\u202e\ufeff]/g, '');
/** The lines of the editor as drawn, hints among them. */
async function lines() {
  const found = await page.locator('.monaco-editor .view-line').evaluateAll((all) =>
    all.map((line) => [parseFloat(line.style.top), line.textContent]));
  return found.sort((a, b) => a[0] - b[0]).map(([, text]) => plain(text));
}
const lineOf = async (text) => (await lines()).find((line) => line.includes(text)) ?? '';
async function until(condition, seconds = 60) {
  const end = Date.now() + seconds * 1000;
  while (Date.now() < end) {
    try { if (await condition()) return true; } catch { /* drawn anew while it was read */ }
    await page.waitForTimeout(150);
  }
  return false;
}
async function goTo(line, column) {
  await page.keyboard.press('Escape');
  await page.keyboard.press('Control+g');
  await page.locator('.quick-input-widget input').waitFor();
  await page.keyboard.type(`${line}:${column}`);
  await page.keyboard.press('Enter');
  await page.waitForTimeout(300);
}
async function command(title) {
  await page.keyboard.press('F1');
  await page.locator('.quick-input-widget input').waitFor();
  await page.keyboard.type(title);
  await until(async () => (await page.locator('.quick-input-list .monaco-list-row', { hasText: title }).count()) > 0, 20);
  await page.keyboard.press('Enter');
}

try {
  const payload = encodeURIComponent(JSON.stringify([['openFile', `vscode-remote://${new URL(url).host}${file}`]]));
  await page.goto(`${url}/?folder=${folder}&payload=${payload}`, { waitUntil: 'domcontentloaded', timeout: 120000 });
  await page.waitForSelector('.monaco-editor .view-line', { timeout: 120000 });
  await until(async () => (await lineOf('let f =')).includes(': Fn'), 90);
  tell('hints', await lines());
  await page.screenshot({ path: path.join(pictures, 'hints.png') });

  await page.locator('.monaco-editor .view-line').first().click();
  await goTo(4, 100);
  await page.keyboard.press('Enter');
  await page.keyboard.type('let c = 2;', { delay: 20 });
  await goTo(6, 22);
  await page.keyboard.type(' + ', { delay: 20 });
  await page.keyboard.insertText('/* 🦀é */');
  await page.keyboard.type(' c', { delay: 20 });
  await page.keyboard.press('Escape');
  await until(async () => (await lineOf('let f =')).includes('move(&a, &c)'));
  tell('typed', await lines());
  await page.keyboard.press('Control+s');
  await page.waitForTimeout(1000);
  tell('saved', await lines());

  await goTo(14, 13);
  await command('Show or Focus Hover');
  const hover = page.locator('.monaco-hover:not(.hidden) .monaco-hover-content').first();
  await until(async () => plain(await hover.innerText()).includes('struct Closure1'), 30);
  tell('hover', plain(await hover.innerText().catch(() => '')));
  await page.screenshot({ path: path.join(pictures, 'hover.png') });
  await page.keyboard.press('Escape');

  // A pointer on a hint, whose parts tell the use that decides.
  await goTo(1, 1);
  const part = page.locator('.monaco-editor .view-line', { hasText: 'let x = move(&a' }).locator('span', { hasText: '&mut b' }).last();
  await part.hover();
  await until(async () => plain(await hover.innerText()).includes('borrow'), 20);
  tell('tooltip', plain(await hover.innerText().catch(() => '')));
  await page.screenshot({ path: path.join(pictures, 'tooltip.png') });
  await page.mouse.move(5, 5);

  await goTo(6, 13);
  const row = page.locator('.action-widget .monaco-list-row', { hasText: 'Add `move`' });
  await page.keyboard.press('Control+.');
  await until(async () => (await row.count()) > 0, 30);
  await page.screenshot({ path: path.join(pictures, 'action.png') });
  tell('offered', await page.locator('.action-widget .monaco-list-row').allInnerTexts());
  await row.first().click();
  await until(async () => (await lineOf('let f =')).includes('(a, c)'), 30);
  await page.keyboard.press('Control+s');
  await page.waitForTimeout(1000);
  tell('after', await lines());

  await command('closurelens: Switch Hints On or Off');
  tell('off', await until(async () => !(await lines()).some((line) => line.includes(': Fn')), 30));
  await command('closurelens: Switch Hints On or Off');
  tell('on', await until(async () => (await lineOf('let f =')).includes(': Fn'), 30));
  await command('closurelens: Restart the Server');
  await page.waitForTimeout(3000);
  tell('restarted', await until(async () => (await lineOf('let f =')).includes(': Fn'), 30));
  await command('closurelens: Show the Log');
  tell('log', await until(async () => page.locator('.part.panel').isVisible(), 20));
  await page.screenshot({ path: path.join(pictures, 'log.png') });
} catch (error) {
  await page.screenshot({ path: path.join(pictures, 'failure.png') });
  console.error(error);
  process.exitCode = 1;
} finally {
  await browser.close();
}
