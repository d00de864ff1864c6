// Connections whose address may name files, such as that of an authority, which may be gone for a moment while they are replaced.

import { Client, type ClientConfig } from 'pg';

/**
 * Connection that can always be made, and fails to connect where a file can't be read that its address names. `pg` reads the files when it
 * makes one, and a pool makes some when nobody would catch that.
 */
export class LateClient extends Client {
  fault: unknown;

  constructor(config?: ClientConfig) {
    try {
      super(config);
    } catch (error) {
      super({});
      this.fault = error;
    }
  }

  override connect(): Promise<Client>;
  override connect(callback: (error: Error) => void): void;
  override connect(callback?: (error: Error) => void): Promise<Client> | void {
    if (this.fault === undefined) return callback === undefined ? super.connect() : super.connect(callback);
    const fault = this.fault as Error;
    if (callback === undefined) return Promise.reject(fault);
    process.nextTick(callback, fault);
  }
}
