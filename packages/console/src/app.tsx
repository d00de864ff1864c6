// The pages, each at its address behind the `#`, so that no server has to know them.

import { Suspense, useEffect } from 'react';
import { Redirect, Route, Router, Switch, useLocation } from 'wouter';
import { useHashLocation } from './hash-location.ts';
import { lazyPage, loadAllPages } from './lazy-page.ts';
import { Loading } from './parts/notice/loading.tsx';
import { SecretOnce } from './parts/dialog/secret-once.tsx';
import { PageBoundary } from './page-boundary.tsx';
import { AdminsOnly, NothingHere } from './pages/nothing-here.tsx';
import { SignIn } from './pages/sign-in.tsx';
import { SessionProvider, useSession } from './session.tsx';
import { Shell } from './shell.tsx';

const Playground = lazyPage(() => import('./pages/playground/playground.tsx'));
const Tasks = lazyPage(() => import('./pages/tasks/tasks.tsx'));
const TaskPage = lazyPage(() => import('./pages/tasks/task-page.tsx'));
const Gallery = lazyPage(() => import('./pages/gallery/gallery.tsx'));
const Overview = lazyPage(() => import('./pages/overview/overview.tsx'));
const Keys = lazyPage(() => import('./pages/keys/keys.tsx'));
const Owners = lazyPage(() => import('./pages/keys/owners/owners.tsx'));
const Audit = lazyPage(() => import('./pages/keys/audit/audit.tsx'));
const Account = lazyPage(() => import('./pages/account/account.tsx'));
const Webhooks = lazyPage(() => import('./pages/webhooks/webhooks.tsx'));
const Settings = lazyPage(() => import('./pages/settings/settings.tsx'));

export function App() {
  return (
    <Router hook={useHashLocation}>
      <SecretOnce />
      <SessionProvider signIn={(done, why, round) => <SignIn key={round} onDone={done} why={why} />}>
        <Shell>
          <Pages />
        </Shell>
      </SessionProvider>
    </Router>
  );
}

function Pages() {
  const { me } = useSession();
  const [location] = useLocation();
  useEffect(loadAllPages, []);
  const forAdmins = me.role === 'admin' ? null : AdminsOnly;
  return (
    // A fault of one page is none of the next.
    <PageBoundary key={location}>
      <Suspense fallback={<Loading />}>
        <Switch>
          <Route path="/">
            <Redirect to="/playground" replace />
          </Route>
          <Route path="/playground" component={Playground} />
          <Route path="/tasks" component={Tasks} />
          <Route path="/tasks/:id">{({ id }) => <TaskPage key={id} id={id} />}</Route>
          <Route path="/gallery" component={Gallery} />
          <Route path="/webhooks" component={Webhooks} />
          <Route path="/account" component={Account} />
          <Route path="/overview" component={forAdmins ?? Overview} />
          <Route path="/keys" component={forAdmins ?? Keys} />
          <Route path="/keys/owners" component={forAdmins ?? Owners} />
          <Route path="/keys/audit" component={forAdmins ?? Audit} />
          <Route path="/settings" component={forAdmins ?? Settings} />
          <Route component={NothingHere} />
        </Switch>
      </Suspense>
    </PageBoundary>
  );
}
