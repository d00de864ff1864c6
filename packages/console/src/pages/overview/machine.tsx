// The machine of the server: its disk, and each of the processes that serve, on whichever machine.

import type { OverviewData, OverviewDisk, OverviewNode } from '@plantain/client';
import { useFormat } from '../../parts/format/format.ts';
import { useWords } from '../../words/words.ts';
import { diskState } from './troubles.ts';
import { silenceOf } from './silence.ts';
import { overviewWords } from './words.ts';

export function Machine({ overview: { disk, nodes } }: { overview: OverviewData }) {
  const say = useWords(overviewWords);
  return (
    <section className="stack">
      <h2>{say('machine')}</h2>
      <div className="halves">
        <Disk disk={disk} />
        {nodes.map((node) => (
          <Node key={node.id} node={node} silence={silenceOf(node, nodes)} />
        ))}
      </div>
    </section>
  );
}

const tones = { ok: 'plain', low: 'warm', full: 'bad' } as const;
const badges = { ok: 'good', low: 'warn', full: 'bad' } as const;

function Disk({ disk }: { disk: OverviewDisk }) {
  const say = useWords(overviewWords);
  const format = useFormat();
  const state = diskState(disk);
  const used = 1 - disk.free_bytes / Math.max(1, disk.total_bytes);
  return (
    <article className="card stack">
      <div className="row">
        <h3>{say('disk')}</h3>
        <span className="badge" data-state={badges[state]}>
          {say(`diskIs_${state}`)}
        </span>
      </div>
      <div className="meter" data-tone={tones[state]} aria-hidden="true">
        <div style={{ width: `${used * 100}%` }} />
      </div>
      <dl className="facts">
        <dt>{say('diskFree')}</dt>
        <dd>
          {say('diskOf', { free: format.bytes(disk.free_bytes), total: format.bytes(disk.total_bytes) })}
        </dd>
        <dt>{say('diskLimit')}</dt>
        <dd>{say('diskBelow', { limit: format.bytes(disk.min_free_bytes) })}</dd>
        <dt>{say('database')}</dt>
        <dd>{format.bytes(disk.database_bytes)}</dd>
        <dt>{say('pictures')}</dt>
        <dd>{say(`pictures_${disk.picture_store}`)}</dd>
      </dl>
    </article>
  );
}

function Node({ node, silence }: { node: OverviewNode; silence: number }) {
  const say = useWords(overviewWords);
  const format = useFormat();
  return (
    <article className="card stack">
      <div className="row">
        <h3>
          {say('node')} {node.host}
        </h3>
        <span className="badge">{say(`role_${node.role}`)}</span>
        {silence > 0 && (
          <span className="badge" data-state="warn">
            {say('silent', { time: format.duration(silence) })}
          </span>
        )}
        <span className="muted">{say('process', { pid: String(node.pid) })}</span>
      </div>
      <dl className="facts">
        <dt>{say('version')}</dt>
        <dd>
          {node.version} <span className="muted">(Node {node.node_version})</span>
        </dd>
        <dt>{say('up')}</dt>
        <dd>
          {format.duration(node.uptime_seconds)}{' '}
          <span className="muted">({say('since', { time: format.time(node.start_time) })})</span>
        </dd>
        <dt>{say('memory')}</dt>
        <dd>
          {format.bytes(node.memory_bytes)}{' '}
          <span className="muted">({say('heap', { bytes: format.bytes(node.heap_used_bytes) })})</span>
        </dd>
        {node.concurrency > 0 && (
          <>
            <dt>{say('running')}</dt>
            <dd>
              {format.number(node.running)}{' '}
              <span className="muted">{say('ofPlaces', { count: format.number(node.concurrency) })}</span>
            </dd>
          </>
        )}
      </dl>
    </article>
  );
}
