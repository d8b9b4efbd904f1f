import { describe, expect, it } from "vitest";
import { compileRoutes } from "../../../local/gateway/route-table.ts";

const find = (...routeKeys: string[]) => {
  const findRoute = compileRoutes(routeKeys.map((routeKey) => ({ routeKey, target: undefined })));
  return (method: string, path: string) => {
    const match = findRoute(method, path);
    return typeof match === "object" ? match.routeKey : match;
  };
};

describe("the route table", () => {
  // The routes and the expectations of API Gateway's own documentation.
  const documented = find(
    "$default",
    "ANY /{proxy+}",
    "GET /pets/{proxy+}",
    "GET /pets/dog/{id}",
    "GET /pets/dog/1",
  );

  it.each([
    ["GET", "/pets/dog/1", "GET /pets/dog/1"],
    ["GET", "/pets/dog/2", "GET /pets/dog/{id}"],
    ["GET", "/pets/cat/1", "GET /pets/{proxy+}"],
    ["POST", "/test/5", "ANY /{proxy+}"],
    ["POST", "/", "$default"],
  ])("chooses as API Gateway does: %s %s is %s", (method, path, routeKey) => {
    expect(documented(method, path)).toBe(routeKey);
  });

  it("prefers a method to ANY on the same path", () => {
    const chosen = find("ANY /a", "GET /a");
    expect(chosen("GET", "/a")).toBe("GET /a");
    expect(chosen("PUT", "/a")).toBe("ANY /a");
  });

  it("prefers a static segment to a variable, whatever the order of the routes", () => {
    const chosen = find("GET /{kind}/list", "GET /stock/{sku}");
    expect(chosen("GET", "/stock/list")).toBe("GET /stock/{sku}");
    expect(chosen("GET", "/other/list")).toBe("GET /{kind}/list");
  });

  it("takes neither an empty variable nor a slash at the end nor another case", () => {
    const chosen = find("GET /stock/{sku}", "GET /stock");
    expect(chosen("GET", "/stock/")).toBeUndefined();
    expect(chosen("GET", "/stock/A/")).toBeUndefined();
    expect(chosen("GET", "/Stock")).toBeUndefined();
    expect(chosen("get", "/stock")).toBeUndefined();
  });

  it("matches the encoded path and then decodes its variables", () => {
    const findRoute = compileRoutes([{ routeKey: "GET /stock/{sku}", target: 1 }]);
    expect(findRoute("GET", "/stock/a%2Fb")).toMatchObject({ pathParameters: { sku: "a/b" } });
    expect(findRoute("GET", "/stock/%E2%82%AC+x")).toMatchObject({
      pathParameters: { sku: "€+x" },
    });
    expect(findRoute("GET", "/stock/%ZZ")).toBe("undecodable");
    expect(findRoute("GET", "/stock/%E2%82")).toBe("undecodable");
  });

  it("gives a greedy variable the rest of the path", () => {
    const findRoute = compileRoutes([{ routeKey: "ANY /files/{proxy+}", target: 1 }]);
    expect(findRoute("GET", "/files/a/b%20c/")).toMatchObject({
      pathParameters: { proxy: "a/b c/" },
    });
    expect(findRoute("GET", "/files")).toBeUndefined();
  });

  it("finds nothing when no route matches and there is no $default", () => {
    expect(find("GET /a")("GET", "/b")).toBeUndefined();
  });
});
