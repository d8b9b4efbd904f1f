/** The reference of the API in a real browser: all operations, and nothing from elsewhere. */
import type { Browser } from "playwright-core";
import { afterAll, beforeAll, expect, it } from "vitest";
import { openApiDocument } from "../../contract/openapi.ts";
import { routes } from "../../contract/routes.ts";
import type { ApiDescription } from "../../local/assembly/read-api.ts";
import { withReference } from "../../local/gateway/api-reference.ts";
import { type HttpListener, listenOnLoopback } from "../../local/gateway/http-listener.ts";
import { launchChromium } from "../support/chromium.ts";

let browser: Browser;
let listener: HttpListener;

beforeAll(async () => {
  browser = await launchChromium();
  listener = await listenOnLoopback(0);
  const api = { stageName: "$default", routes: [{ routeKey: "GET /openapi.json" }] };
  const serve = withReference(api as ApiDescription, (_request, response) => {
    response.setHeader("content-type", "application/json");
    response.end(JSON.stringify(openApiDocument("1.0.0")));
  });
  listener.serve(serve);
});

afterAll(async () => {
  await browser?.close();
  await listener?.stop();
});

it("shows every operation, and sends requests to this run only", async () => {
  const page = await browser.newPage();
  const problems: string[] = [];
  page.on("request", (request) => {
    const isOwn = request.url().startsWith(`${listener.endpoint}/`);
    if (!isOwn && !request.url().startsWith("data:")) problems.push(request.url());
  });
  page.on("console", (message) => message.type() === "error" && problems.push(message.text()));
  page.on("pageerror", (error) => problems.push(error.message));
  await page.goto(`${listener.endpoint}/docs`);
  await page.locator(".opblock").first().waitFor();
  expect(await page.locator(".opblock").count()).toBe(Object.keys(routes).length);
  expect(await page.locator(".servers select").inputValue()).toBe(listener.endpoint);
  expect(problems).toEqual([]);
  await page.close();
});
