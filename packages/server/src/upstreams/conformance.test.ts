import { harnesses } from './harnesses.fixture.ts';
import { testUpstream } from './upstream.conformance.ts';

for (const harness of harnesses) testUpstream(harness);
