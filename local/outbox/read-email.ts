/** What of an e-mail is written down, and what SES would not accept. */

export interface Email {
  from: string;
  to: string[];
  subject: string;
  text: string;
  tags: Record<string, string>;
}

/** Told to the sender as SES tells it. */
export class BadEmail extends Error {
  override readonly name = "BadEmail";
}

interface SendEmailRequest {
  FromEmailAddress?: unknown;
  Destination?: { ToAddresses?: unknown };
  Content?: {
    Simple?: { Subject?: { Data?: unknown }; Body?: { Text?: { Data?: unknown } } };
  };
  EmailTags?: { Name: string; Value: string }[];
}

/** Throws a BadEmail for a text that is not one, or that lacks a part. */
export const readEmail = (text: string): Email => {
  const request = parse(text);
  const { Subject, Body } = request.Content?.Simple ?? {};
  const { ToAddresses: to } = request.Destination ?? {};
  if (!Array.isArray(to) || to.length === 0) throw new BadEmail("Destination is required.");
  return {
    from: textOf(request.FromEmailAddress, "FromEmailAddress"),
    to: to.map((address) => textOf(address, "Destination.ToAddresses")),
    subject: textOf(Subject?.Data, "Content.Simple.Subject.Data"),
    text: textOf(Body?.Text?.Data, "Content.Simple.Body.Text.Data"),
    tags: Object.fromEntries((request.EmailTags ?? []).map(({ Name, Value }) => [Name, Value])),
  };
};

const parse = (text: string): SendEmailRequest => {
  try {
    const request: unknown = JSON.parse(text);
    if (typeof request === "object" && request !== null) return request;
  } catch {
    // Said below: what is no JSON is no request either.
  }
  throw new BadEmail("The request is not an object of JSON.");
};

const textOf = (value: unknown, name: string): string => {
  if (typeof value === "string" && value !== "") return value;
  throw new BadEmail(`${name} is required.`);
};
