// Opens pages in Chromium and tells what it saw: one JSON object a line for each job on stdin.
// A job: {url, width, height, dark, print, shot}. Told: {url, status, problems, outside, errors,
// wide, cut, title}; problems are axe's, outside are requests to other hosts, wide is by how many
// pixels the page is wider than its window, cut are the tables that are wider than their frames.
import { createRequire } from "node:module";
import { readFileSync } from "node:fs";

const [modules, chromium] = process.argv.slice(2);
const require = createRequire(`${modules}/`);
const playwright = require("playwright-core");
const axe = readFileSync(require.resolve("axe-core/axe.min.js"), "utf8");
const jobs = readFileSync(0, "utf8").trim().split("\n").map((line) => JSON.parse(line));

const browser = await playwright.chromium.launch({
  executablePath: chromium,
  args: ["--no-sandbox", "--disable-gpu"],
});
const kept = new Map(); // one window for each way of looking

async function openWindow(job) {
  const context = await browser.newContext({
    viewport: { width: job.width, height: job.height },
    colorScheme: job.dark ? "dark" : "light",
    reducedMotion: "reduce",
  });
  const page = await context.newPage();
  const seen = { page, outside: [], errors: [] };
  page.on("request", (request) => {
    if (new URL(request.url()).host !== new URL(job.url).host) seen.outside.push(request.url());
  });
  page.on("console", (message) => {
    if (["error", "warning"].includes(message.type())) seen.errors.push(message.text());
  });
  page.on("dialog", (dialog) => {
    seen.errors.push(`dialog: ${dialog.message()}`);
    dialog.dismiss();
  });
  if (job.print) await page.emulateMedia({ media: "print" });
  return seen;
}

for (const job of jobs) {
  const way = `${job.width} ${job.height} ${job.dark} ${job.print}`;
  if (!kept.has(way)) kept.set(way, await openWindow(job));
  const { page, outside, errors } = kept.get(way);
  outside.length = 0;
  errors.length = 0;
  const answer = await page.goto(job.url);
  await page.evaluate(axe);
  const found = await page.evaluate(() => window.axe.run(document, { resultTypes: ["violations"] }));
  const wide = await page.evaluate(
    () => document.documentElement.scrollWidth - document.documentElement.clientWidth,
  );
  const cut = await page.evaluate(() =>
    [...document.querySelectorAll(".scroll")]
      .filter((frame) => frame.scrollWidth > frame.clientWidth + 1)
      .map((frame) => frame.getAttribute("aria-label")),
  );
  const cards = await page.evaluate(
    () => [...document.querySelectorAll("tbody tr")].filter((e) => getComputedStyle(e).display === "grid").length,
  );
  if (job.shot) await page.screenshot({ path: job.shot, fullPage: true });
  const problems = found.violations.map((v) => `${v.id}: ${v.nodes.map((n) => n.target).join("; ")}`);
  const title = await page.title();
  console.log(
    JSON.stringify({ url: job.url, status: answer.status(), problems, outside, errors, wide, cut, cards, title }),
  );
}
await browser.close();
