import { ConflictError, type JsonObject } from '@gennaker/kernel';

/** An operation that went wrong and still has something to show for it. */
export class OperationFailure extends ConflictError {
  constructor(
    code: string,
    message: string,
    readonly results: JsonObject[],
  ) {
    super(code, message);
  }
}
