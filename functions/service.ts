/** The service itself: whether it is up, what it offers, and what no other route answers. */
import { asyncApiDocument } from "../contract/asyncapi.ts";
import { openApiDocument } from "../contract/openapi.ts";
import * as problems from "../contract/problems.ts";
import { routes } from "../contract/routes.ts";
import { answer, refuse } from "./middleware/answer.ts";
import { endpoint, httpHandler } from "./middleware/http-handler.ts";
import { serviceVersion } from "./wiring.ts";

const patterns = Object.values(routes).map(({ method, path }) => ({
  method,
  pattern: new RegExp(`^${path.replaceAll(".", "\\.").replaceAll(/\{\w+\}/g, "[^/]+")}$`),
}));

const methodsOf = (path: string): string[] =>
  patterns.flatMap(({ method, pattern }) => (pattern.test(path) ? [method] : []));

export const handler = httpHandler(
  routes,
  {
    health: endpoint({}, async () =>
      answer(200, "healthy", { status: "ok", version: serviceVersion() }),
    ),

    openApi: endpoint({}, async () => answer(200, "described", openApiDocument(serviceVersion()))),

    asyncApi: endpoint({}, async () =>
      answer(200, "described", asyncApiDocument(serviceVersion())),
    ),
  },
  async ({ rawPath, requestContext }) => {
    const { method } = requestContext.http;
    const allowed = methodsOf(rawPath);
    if (allowed.length === 0) {
      return refuse(
        problems.not_found,
        `There is no route ${rawPath.slice(0, 256)}: see /openapi.json.`,
      );
    }
    const methods = allowed.join(", ");
    return refuse(problems.method_not_allowed, `${rawPath} takes ${methods}, not ${method}.`, {
      headers: { Allow: methods },
    });
  },
);
