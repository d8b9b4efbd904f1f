import { readFileSync } from "node:fs";
import { createRequire } from "node:module";
import { Ajv, type Options } from "ajv";
import addFormats from "ajv-formats";
import { describe, expect, test } from "vitest";
import { asyncApiDocument } from "../../../contract/asyncapi.ts";
import { inventoryEventTypes } from "../../../contract/events.ts";
import { orderEventTypes } from "../../../contract/order-events.ts";

interface Message {
  name: string;
  contentType: string;
  headers?: { required: string[]; properties: Record<string, unknown> };
  payload: Record<string, unknown>;
}

const document = asyncApiDocument("1.2.3") as {
  asyncapi: string;
  info: { version: string };
  channels: Record<string, { address: string; messages: Record<string, { $ref: string }> }>;
  operations: Record<
    string,
    { action: string; channel: { $ref: string }; messages: { $ref: string }[] }
  >;
  components: { messages: Record<string, Message> };
};

const schemaFile = createRequire(import.meta.url).resolve("@asyncapi/specs/schemas/3.0.0.json");
const newAjv = (options: Options = {}): Ajv => {
  const ajv = new Ajv({ strict: false, allErrors: true, ...options });
  addFormats.default(ajv);
  return ajv;
};
// The file brings draft-07's own schema along, which must not be there twice.
const isAsyncApi = newAjv({ meta: false, validateSchema: false }).compile(
  JSON.parse(readFileSync(schemaFile, "utf8")) as object,
);

describe("the document", () => {
  test("is AsyncAPI 3.0.0 of the version that is deployed, by the specification's own schema", () => {
    isAsyncApi(document);
    expect(isAsyncApi.errors).toBeNull();
    expect(document.info.version).toBe("1.2.3");
  });

  test("would not be if an operation did anything but send and receive", () => {
    const wrong = structuredClone(document);
    wrong.operations["hearOfOrders"]!.action = "listen";
    expect(isAsyncApi(wrong)).toBe(false);
  });

  test("has every reference lead to what is in it", () => {
    const references = JSON.stringify(document).match(/"\$ref":"[^"]+"/g) ?? [];
    expect(references.length).toBeGreaterThan(0);
    for (const text of references) {
      const { $ref } = JSON.parse(`{${text}}`) as { $ref: string };
      expect($ref).toMatch(/^#\//);
      const target = $ref
        .slice(2)
        .split("/")
        .reduce<unknown>(
          (at, name) => (at as Record<string, unknown> | undefined)?.[name],
          document,
        );
      expect(target, $ref).toBeDefined();
    }
  });
});

const resolve = ($ref: string): Message => {
  const [channel = "", name = ""] = $ref.replace("#/channels/", "").split("/messages/");
  const target = document.channels[channel]!.messages[name]!.$ref;
  return document.components.messages[target.replace("#/components/messages/", "")]!;
};

describe("every type of event", () => {
  test("that Holdfast tells is sent on the topic InventoryEvents", () => {
    const { action, channel, messages } = document.operations["tellOfInventory"]!;
    expect(action).toBe("send");
    expect(channel.$ref).toBe("#/channels/inventoryEvents");
    expect(document.channels["inventoryEvents"]?.address).toBe("InventoryEvents");
    expect(messages.map(({ $ref }) => resolve($ref).name)).toEqual(inventoryEventTypes);
  });

  test("that it is told is received on the topic OrderEvents", () => {
    const { action, channel, messages } = document.operations["hearOfOrders"]!;
    expect(action).toBe("receive");
    expect(channel.$ref).toBe("#/channels/orderEvents");
    expect(document.channels["orderEvents"]?.address).toBe("OrderEvents");
    expect(messages.map(({ $ref }) => resolve($ref).name)).toEqual(orderEventTypes);
  });

  test("is a message of its own, and there are no others", () => {
    const names = Object.values(document.components.messages).map(({ name }) => name);
    expect(names).toEqual([...inventoryEventTypes, ...orderEventTypes]);
  });

  const messageOf = (type: string): Message =>
    Object.values(document.components.messages).find(({ name }) => name === type)!;

  test.each(inventoryEventTypes)("%s is a CloudEvent of that type, by its payload", (type) => {
    const { contentType, headers, payload } = messageOf(type);
    expect(contentType).toBe("application/cloudevents+json");
    expect(headers?.required).toEqual(["type"]);
    expect(Object.keys(headers?.properties ?? {})).toEqual(["type", "sku", "location"]);
    expect(payload["required"]).toEqual(
      expect.arrayContaining(["specversion", "id", "source", "type", "subject", "time", "data"]),
    );
    expect(payload).toMatchObject({ properties: { type: { const: type } } });
  });

  const order = { orderId: "order-1" };
  const samples = {
    "order.placed": {
      ...order,
      lines: [{ sku: "shirt", quantity: 2 }],
      ttlSeconds: 60,
      metadata: { till: "7" },
    },
    "order.paid": order,
    "order.fulfilled": { ...order, lines: [{ sku: "shirt", quantity: 1 }] },
    "order.cancelled": order,
    "order.returned": { ...order, lines: [{ sku: "shirt", quantity: 1 }], reason: "too small" },
  };

  test.each(orderEventTypes)("%s is taken plain and as a CloudEvent, by its payload", (type) => {
    const isTaken = newAjv().compile(messageOf(type).payload);
    const data = samples[type];
    const cloudEvent = { specversion: "1.0", type, id: "1", source: "/shop", data };
    for (const message of [{ type, ...data }, { type, ...data, customer: "ann" }, cloudEvent]) {
      isTaken(message);
      expect(isTaken.errors).toBeNull();
    }
    for (const message of [
      { type },
      { ...data },
      { type: "order.shipped", ...data },
      { ...cloudEvent, specversion: "0.3" },
      { ...cloudEvent, data: {} },
      { type, ...data, orderId: "" },
      ...(type === "order.placed" ? [{ type, ...data, metadata: { till: 7 } }] : []),
    ]) {
      expect(isTaken(message), JSON.stringify(message)).toBe(false);
    }
  });
});
