import { once } from "node:events";
import { connect } from "node:net";
import { describe, expect, it } from "vitest";
import { sendRaw } from "../../support/send-raw.ts";
import { startGateway } from "./gateway-in-process.ts";

const answering = (expression: string) => ({
  functions: { Answer: `export const handler = async (event) => (${expression});` },
});

/** The headers of a browser whose user follows a link from another site. */
const link = {
  "sec-fetch-site": "cross-site",
  "sec-fetch-mode": "navigate",
  "sec-fetch-dest": "document",
};
const accepted = "localhost, *.localhost, 127.0.0.0/8 and [::1] are, with any port";

const eventOf = (response: { body: string }) => JSON.parse(response.body).event;

describe("the event of payload format 2.0", () => {
  it("has everything that API Gateway tells of a request", async () => {
    const { endpoint } = await startGateway({
      routes: [{ key: "POST /v1/stock/{sku}", function: "Echo" }],
    });
    const before = Date.now();
    const response = await sendRaw(endpoint, "/v1/stock/a%2Fb?limit=5&tag=x&tag=y%20z&empty", {
      method: "POST",
      headers: {
        "X-Many": ["one", "two"],
        Cookie: "a=1; b=2",
        "User-Agent": "test",
        "Content-Type": "application/json; charset=utf-8",
        constructor: "x",
      },
      body: '{"näme":1}',
    });
    const event = eventOf(response);
    const { host } = new URL(endpoint);
    expect(event).toMatchObject({
      version: "2.0",
      routeKey: "POST /v1/stock/{sku}",
      rawPath: "/v1/stock/a%2Fb",
      rawQueryString: "limit=5&tag=x&tag=y%20z&empty",
      cookies: ["a=1", "b=2"],
      queryStringParameters: { limit: "5", tag: "x,y z", empty: "" },
      pathParameters: { sku: "a/b" },
      body: '{"näme":1}',
      isBase64Encoded: false,
      requestContext: {
        accountId: "000000000000",
        apiId: "Api",
        domainName: host,
        domainPrefix: "127",
        http: {
          method: "POST",
          path: "/v1/stock/a%2Fb",
          protocol: "HTTP/1.1",
          sourceIp: "127.0.0.1",
          userAgent: "test",
        },
        requestId: response.headers["apigw-requestid"],
        routeKey: "POST /v1/stock/{sku}",
        stage: "$default",
      },
    });
    expect(event.headers).toMatchObject({
      host,
      "x-many": "one,two",
      constructor: "x",
      "x-forwarded-for": "127.0.0.1",
      "x-forwarded-proto": "http",
    });
    expect(event.headers).not.toHaveProperty("cookie");
    expect(event.requestContext).not.toHaveProperty("authorizer");
    expect(event.requestContext.time).toMatch(/^\d\d\/[A-Z][a-z]{2}\/\d{4}:\d\d:\d\d:\d\d \+0000$/);
    expect(event.requestContext.timeEpoch).toBeGreaterThanOrEqual(before);
  });

  it("leaves out what is not there", async () => {
    const { endpoint } = await startGateway();
    const event = eventOf(await sendRaw(endpoint, "/"));
    expect(event).toMatchObject({ routeKey: "$default", rawQueryString: "" });
    for (const name of ["cookies", "queryStringParameters", "pathParameters", "body"]) {
      expect(event).not.toHaveProperty(name);
    }
    expect(event.isBase64Encoded).toBe(false);
  });

  it.each([
    ["application/octet-stream", true],
    ["application/x-www-form-urlencoded", true],
    [undefined, true],
    ["text/csv", false],
    ["APPLICATION/JSON", false],
  ])("hands over a body of type %s in base64: %s", async (type, isBase64Encoded) => {
    const { endpoint } = await startGateway();
    const headers: Record<string, string> = type === undefined ? {} : { "content-type": type };
    const event = eventOf(await sendRaw(endpoint, "/", { method: "POST", headers, body: "a=1" }));
    expect(event.isBase64Encoded).toBe(isBase64Encoded);
    expect(Buffer.from(event.body, isBase64Encoded ? "base64" : "utf8").toString()).toBe("a=1");
  });

  it("has the stage's name in front of the path when the stage has one", async () => {
    const { endpoint } = await startGateway({
      stageName: "dev",
      routes: [{ key: "GET /a", function: "Echo" }],
    });
    const event = eventOf(await sendRaw(endpoint, "/dev/a"));
    expect(event).toMatchObject({ rawPath: "/dev/a", requestContext: { stage: "dev" } });
    expect((await sendRaw(endpoint, "/a")).status).toBe(404);
  });
});

describe("the answer of payload format 2.0", () => {
  it("becomes status, headers, cookies and body", async () => {
    const { endpoint } = await startGateway(
      answering(`{
        statusCode: 201, headers: { "X-One": 1, Connection: "close", "Content-Length": "99" },
        cookies: ["a=1", "b=2; Secure"], body: "aGk=", isBase64Encoded: true }`),
    );
    const { status, headers, body } = await sendRaw(endpoint, "/");
    expect({ status, body }).toEqual({ status: 201, body: "hi" });
    expect(headers).toMatchObject({
      "x-one": "1",
      "set-cookie": ["a=1", "b=2; Secure"],
      "content-length": "2",
    });
    expect(headers["apigw-requestid"]).toMatch(/^[\w-]{15}=$/);
  });

  it.each([
    ["{ hello: 1 }", '{"hello":1}'],
    ['"hello"', "hello"],
    ["[1, 2]", "[1,2]"],
    ["undefined", "null"],
  ])("is 200 and JSON when it names no status: %s", async (expression, body) => {
    const { endpoint } = await startGateway(answering(expression));
    const response = await sendRaw(endpoint, "/");
    expect(response).toMatchObject({ status: 200, body });
    expect(response.headers["content-type"]).toBe("application/json");
  });

  it.each([
    "{ statusCode: 'many' }",
    "{ statusCode: 99 }",
    "{ statusCode: 200, body: { a: 1 } }",
    "{ statusCode: 200, headers: 'none' }",
    "{ statusCode: 200, headers: { 'x-a': 'line\\nbreak' } }",
    "(() => { throw new Error('secret') })()",
  ])("that API Gateway would not take is a 500 without a word of it: %s", async (expression) => {
    const { endpoint } = await startGateway(answering(expression));
    const response = await sendRaw(endpoint, "/");
    expect(response).toMatchObject({ status: 500, body: '{"message":"Internal Server Error"}' });
    expect(response.headers["apigw-requestid"]).toBeDefined();
  });

  it("of status 204 has neither a body nor a length", async () => {
    const { endpoint } = await startGateway(answering(`{ statusCode: 204 }`));
    const response = await sendRaw(endpoint, "/", { method: "DELETE" });
    expect(response).toMatchObject({ status: 204, body: "" });
    for (const name of ["content-length", "transfer-encoding"]) {
      expect(response.headers).not.toHaveProperty(name);
    }
  });

  it("to HEAD has the length and no body", async () => {
    const { endpoint } = await startGateway(answering(`{ statusCode: 200, body: "hello" }`));
    const response = await sendRaw(endpoint, "/", { method: "HEAD" });
    expect(response).toMatchObject({ status: 200, body: "" });
    expect(response.headers["content-length"]).toBe("5");
  });
});

describe("the gateway itself", () => {
  it("answers 404 when no route matches and 400 when a variable cannot be decoded", async () => {
    const { endpoint } = await startGateway({ routes: [{ key: "GET /a/{b}", function: "Echo" }] });
    expect(await sendRaw(endpoint, "/c")).toMatchObject({
      status: 404,
      body: '{"message":"Not Found"}',
    });
    expect(await sendRaw(endpoint, "/a/%zz")).toMatchObject({
      status: 400,
      body: '{"message":"Bad Request"}',
    });
  });

  it("answers 413 to more than 10 MB, announced or not, and takes the next request", async () => {
    const { endpoint } = await startGateway(answering("{ statusCode: 200 }"));
    const body = "x".repeat(10 * 1024 * 1024 + 1);
    const refused = { status: 413, body: '{"message":"Request Entity Too Large"}' };
    expect(await sendRaw(endpoint, "/", { method: "POST", body })).toMatchObject(refused);
    const headers = { "transfer-encoding": "chunked" };
    expect(await sendRaw(endpoint, "/", { method: "POST", headers, body })).toMatchObject(refused);
    const allowed = { method: "POST", body: body.slice(1) };
    expect(await sendRaw(endpoint, "/", allowed)).toMatchObject({ status: 200 });
  });

  it("answers 500 to more than Lambda returns, and says so, and takes the next request", async () => {
    const { endpoint, failures } = await startGateway(
      answering('{ statusCode: 200, body: "x".repeat(Number(event.queryStringParameters.bytes)) }'),
    );
    const envelope = JSON.stringify({ statusCode: 200, body: "" }).length;
    const bytesMax = 6_291_556 - envelope;
    expect(await sendRaw(endpoint, `/?bytes=${bytesMax}`)).toMatchObject({ status: 200 });
    expect(failures).toEqual([]);
    expect(await sendRaw(endpoint, `/?bytes=${bytesMax + 1}`)).toMatchObject({
      status: 500,
      body: '{"message":"Internal Server Error"}',
    });
    expect(failures).toEqual([
      expect.stringMatching(/ has 6291557 bytes, more than the 6291556 that Lambda returns$/),
    ]);
    expect(await sendRaw(endpoint, "/?bytes=1")).toMatchObject({ status: 200, body: "x" });
  });

  it.each<[string, Record<string, string>, string]>([
    ["POST", { host: "evil.example" }, `Host "evil.example" is not accepted: ${accepted}`],
    ["POST", { host: "127.0.0.1.evil.example:3000" }, 'Host "127.0.0.1.evil.example:3000"'],
    ["POST", { host: "localhost.evil.example" }, 'Host "localhost.evil.example"'],
    ["POST", { host: "localhost@evil.example" }, 'Host "localhost@evil.example"'],
    ["POST", { host: "0.0.0.0:3000" }, 'Host "0.0.0.0:3000"'],
    ["POST", { host: "localhost:port" }, 'Host "localhost:port"'],
    ["GET", { ...link, host: "evil.example" }, 'Host "evil.example"'],
    [
      "POST",
      { origin: "https://evil.example" },
      `Origin "https://evil.example" is not accepted: pages of ${accepted}`,
    ],
    ["POST", { origin: "http://localhost.evil.example" }, 'Origin "http://localhost.evil.example"'],
    ["POST", { origin: "null" }, 'Origin "null"'],
    ["GET", { ...link, origin: "https://evil.example" }, 'Origin "https://evil.example"'],
    [
      "POST",
      { "sec-fetch-site": "cross-site" },
      `Sec-Fetch-Site "cross-site" is not accepted: pages of ${accepted}`,
    ],
    ["POST", link, 'Sec-Fetch-Site "cross-site"'],
    ["GET", { ...link, "sec-fetch-mode": "no-cors" }, 'Sec-Fetch-Site "cross-site"'],
    ["GET", { ...link, "sec-fetch-dest": "iframe" }, 'Sec-Fetch-Site "cross-site"'],
  ])("refuses what a page of another site sends: %s %j", async (method, headers, reason) => {
    const { endpoint } = await startGateway(answering("{ statusCode: 200 }"));
    const response = await sendRaw(endpoint, "/", { method, headers });
    expect(response.status).toBe(403);
    expect(JSON.parse(response.body).message).toContain(reason);
  });

  it.each<Record<string, string>>([
    { host: "localhost:3000" },
    { host: "LOCALHOST" },
    { host: "api.localhost:3000" },
    { host: "127.0.0.2" },
    { host: "[::1]:3000" },
    { origin: "http://localhost:5173" },
    { origin: "http://127.0.0.1:5173", "sec-fetch-site": "cross-site" },
    { "sec-fetch-site": "same-origin" },
    { "sec-fetch-site": "none" },
    link,
  ])("answers this machine: %j", async (headers) => {
    const { endpoint } = await startGateway(answering("{ statusCode: 200 }"));
    expect((await sendRaw(endpoint, "/", { headers })).status).toBe(200);
  });

  it("answers 503 when the function takes longer than the integration may", async () => {
    const { endpoint } = await startGateway({
      functions: { Slow: "export const handler = () => new Promise(() => {});" },
      resources: {
        SlowIntegration: {
          Type: "AWS::ApiGatewayV2::Integration",
          Properties: {
            IntegrationType: "AWS_PROXY",
            IntegrationUri: { "Fn::GetAtt": ["Slow", "Arn"] },
            PayloadFormatVersion: "2.0",
            TimeoutInMillis: 50,
          },
        },
      },
    });
    expect(await sendRaw(endpoint, "/")).toMatchObject({
      status: 503,
      body: '{"message":"Service Unavailable"}',
    });
  });

  it("waits for Expect: 100-continue, and lives on when clients leave in the middle", async () => {
    const { endpoint } = await startGateway();
    const { port } = new URL(endpoint);
    const patient = connect(Number(port), "127.0.0.1");
    patient.write(
      "POST / HTTP/1.1\r\nHost: localhost\r\nExpect: 100-continue\r\nContent-Length: 2\r\n\r\n",
    );
    const [first] = (await once(patient, "data")) as [Buffer];
    expect(first.toString()).toContain("100 Continue");
    patient.write("hi");
    const [second] = (await once(patient, "data")) as [Buffer];
    expect(second.toString()).toContain("200 OK");
    patient.destroy();

    for (const sent of [
      "POST / HTTP/1.1\r\nHost: localhost\r\nContent-Length: 9\r\n\r\nabc",
      "nonsense\r\n\r\n",
    ]) {
      const leaving = connect(Number(port), "127.0.0.1");
      leaving.on("error", () => {});
      leaving.write(sent, () => leaving.destroy());
      await once(leaving, "close");
    }
    expect(await sendRaw(endpoint, "/")).toMatchObject({ status: 200 });
  });

  it("lets a running request finish when it stops", async () => {
    const { endpoint, listener } = await startGateway({
      functions: {
        Slow: `export const handler = async () => {
          await new Promise((resolve) => setTimeout(resolve, 300));
          return { statusCode: 200, body: "done" };
        };`,
      },
    });
    const running = fetch(endpoint);
    // The connection is there when the second one, made later, has been answered.
    await sendRaw(endpoint, "/");
    const late = fetch(endpoint);
    await sendRaw(endpoint, "/");
    await listener.stop();
    expect(await (await running).text()).toBe("done");
    expect(await (await late).text()).toBe("done");
    await expect(fetch(endpoint)).rejects.toThrow("fetch failed");
  });
});
