// Takes pictures of pages in Chromium: one JSON object a line on stdin,
// {url, height, file, from?: selector that is scrolled to the top, upload?: file for its form}.
import { createRequire } from "node:module";
import { readFileSync } from "node:fs";

const [modules, chromium] = process.argv.slice(2);
const playwright = createRequire(`${modules}/`)("playwright-core");
const jobs = readFileSync(0, "utf8").trim().split("\n").map((line) => JSON.parse(line));

const browser = await playwright.chromium.launch({
  executablePath: chromium,
  args: ["--no-sandbox", "--disable-gpu"],
});
for (const job of jobs) {
  const page = await browser.newPage({ viewport: { width: 960, height: job.height } });
  await page.goto(job.url);
  if (job.upload) {
    await page.setInputFiles("form.check input[type=file]", job.upload);
    await Promise.all([page.waitForNavigation(), page.click("form.check button")]);
  }
  if (job.from) await page.locator(job.from).evaluate((element) => element.scrollIntoView(true));
  await page.screenshot({ path: job.file });
  await page.close();
}
await browser.close();
