// Statements of the nodes that share the database.

import type { Node, NodeStore } from '../../core/nodes/nodes.ts';
import type { Query } from './database/statements.ts';

const nodeColumns = `id, role, host, pid, version, node_version AS "nodeVersion", started_at AS "startedAt", heartbeat_at AS "heartbeatAt",
  running, concurrency, memory_bytes AS "memoryBytes", heap_used_bytes AS "heapUsedBytes", calls`;

/** Each is a statement by itself: a heartbeat that waited for others' writes would say less than that the node lives. */
export function createNodes(query: Query): NodeStore {
  return {
    async beat(node) {
      const { id, role, host, pid, version, nodeVersion, startedAt, heartbeatAt } = node;
      const { running, concurrency, memoryBytes, heapUsedBytes, calls } = node;
      await query(
        `INSERT INTO nodes (id, role, host, pid, version, node_version, started_at, heartbeat_at, running, concurrency, memory_bytes, heap_used_bytes, calls)
         VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13)
         ON CONFLICT (id) DO UPDATE SET heartbeat_at = excluded.heartbeat_at, running = excluded.running,
           memory_bytes = excluded.memory_bytes, heap_used_bytes = excluded.heap_used_bytes, calls = excluded.calls`,
        [
          id,
          role,
          host,
          pid,
          version,
          nodeVersion,
          startedAt,
          heartbeatAt,
          running,
          concurrency,
          memoryBytes,
          heapUsedBytes,
          JSON.stringify(calls),
        ],
      );
    },
    leave: async (id) => void (await query('DELETE FROM nodes WHERE id = $1', [id])),
    listNodes: async (since) =>
      (await query(`SELECT ${nodeColumns} FROM nodes WHERE heartbeat_at >= $1 ORDER BY started_at, id`, [
        since,
      ])) as unknown as Node[],
    async claimDuty(duty, { id, now, until }) {
      const rows = await query(
        `INSERT INTO duties (name, node_id, held_until) VALUES ($1, $2, $3)
         ON CONFLICT (name) DO UPDATE SET node_id = $2, held_until = $3 WHERE duties.held_until <= $4 OR duties.node_id = $2 RETURNING name`,
        [duty, id, until, now],
      );
      return rows.length === 1;
    },
    forgetNodes: async (since) => void (await query('DELETE FROM nodes WHERE heartbeat_at < $1', [since])),
  };
}
