// Where the server runs: its disk, and each of its processes.

import type { OverviewData } from '@plantain/client';
import { useFormat } from '../../parts/format.ts';
import { useWords } from '../../words/words.ts';
import { overviewWords } from './words.ts';

export function Machine({ overview: { disk, nodes } }: { overview: OverviewData }) {
  const say = useWords(overviewWords);
  const format = useFormat();
  const used = 1 - disk.free_bytes / Math.max(1, disk.total_bytes);
  return (
    <section className="stack">
      <h2>{say('machine')}</h2>
      <div className="halves">
        <article className="card stack">
          <h3>{say('disk')}</h3>
          <div className="meter" data-low={disk.free_bytes < 2 * disk.min_free_bytes} aria-hidden="true">
            <div style={{ width: `${used * 100}%` }} />
          </div>
          <p>
            {say('diskFree', { free: format.bytes(disk.free_bytes), total: format.bytes(disk.total_bytes) })}
          </p>
          <p className="muted">{say('diskLimit', { limit: format.bytes(disk.min_free_bytes) })}</p>
          <dl className="facts">
            <dt>{say('database')}</dt>
            <dd>{format.bytes(disk.database_bytes)}</dd>
            <dt>{say('pictures')}</dt>
            <dd>{say(`pictures_${disk.picture_store}`)}</dd>
          </dl>
        </article>
        {nodes.map((node) => (
          <article key={`${node.host} ${node.pid}`} className="card stack">
            <h3>
              {say('node')} {node.host}
            </h3>
            <dl className="facts">
              <dt>{say('version')}</dt>
              <dd>
                {node.version} (Node {node.node_version})
              </dd>
              <dt>{say('up')}</dt>
              <dd>{format.duration(node.uptime_seconds)}</dd>
              <dt>{say('memory')}</dt>
              <dd>{format.bytes(node.memory_bytes)}</dd>
              <dt>{say('atOnce')}</dt>
              <dd>{format.number(node.concurrency)}</dd>
            </dl>
          </article>
        ))}
      </div>
    </section>
  );
}
