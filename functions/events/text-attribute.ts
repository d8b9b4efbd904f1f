/** A message attribute of text, as SNS and SQS take it. */
export const textAttribute = (value: string) => ({ DataType: "String", StringValue: value });
