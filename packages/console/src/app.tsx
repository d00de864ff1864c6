// Which page is shown: the part of the address behind `#`, so that no server has to know the console's pages.

import { lazy, Suspense } from 'react';
import { Redirect, Route, Router, Switch } from 'wouter';
import { useHashLocation } from './hash-location.ts';
import { Loading } from './parts/loading.tsx';
import { NothingHere } from './pages/nothing-here.tsx';
import { SignIn } from './pages/sign-in.tsx';
import { SessionProvider, useSession } from './session.tsx';
import { Shell } from './shell.tsx';

const Playground = lazy(() => import('./pages/playground/playground.tsx'));
const Tasks = lazy(() => import('./pages/tasks/tasks.tsx'));
const TaskPage = lazy(() => import('./pages/tasks/task-page.tsx'));
const Gallery = lazy(() => import('./pages/gallery/gallery.tsx'));
const Overview = lazy(() => import('./pages/overview/overview.tsx'));
const Keys = lazy(() => import('./pages/keys/keys.tsx'));
const Webhooks = lazy(() => import('./pages/webhooks/webhooks.tsx'));
const Settings = lazy(() => import('./pages/settings/settings.tsx'));

export function App() {
  return (
    <Router hook={useHashLocation}>
      <SessionProvider signIn={(done) => <SignIn onDone={done} />}>
        <Shell>
          <Suspense fallback={<Loading />}>
            <Pages />
          </Suspense>
        </Shell>
      </SessionProvider>
    </Router>
  );
}

function Pages() {
  const { me } = useSession();
  const isAdmin = me.role === 'admin';
  return (
    <Switch>
      <Route path="/">
        <Redirect to="/playground" replace />
      </Route>
      <Route path="/playground" component={Playground} />
      <Route path="/tasks" component={Tasks} />
      <Route path="/tasks/:id">{({ id }) => <TaskPage key={id} id={id} />}</Route>
      <Route path="/gallery" component={Gallery} />
      <Route path="/webhooks" component={Webhooks} />
      {isAdmin && <Route path="/overview" component={Overview} />}
      {isAdmin && <Route path="/keys" component={Keys} />}
      {isAdmin && <Route path="/settings" component={Settings} />}
      <Route component={NothingHere} />
    </Switch>
  );
}
