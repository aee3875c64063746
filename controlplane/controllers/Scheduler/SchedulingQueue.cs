using Podwire.Controllers.Runtime;
using Podwire.Kube.Objects;

namespace Podwire.Controllers.Scheduler;

/// <summary>
/// Pods that wait for a node: ready to be tried, in back-off after a failure, or unschedulable until something changes. Higher priority first, then
/// the older. Each failed try doubles the back-off, from 1 s to 10 s. Thread-safe.
/// </summary>
internal sealed class SchedulingQueue(TimeProvider clock)
{
    private static readonly TimeSpan FirstBackOff = TimeSpan.FromSeconds(1);
    private static readonly TimeSpan LongestBackOff = TimeSpan.FromSeconds(10);
    private static readonly TimeSpan LongestWait = TimeSpan.FromMinutes(1);

    private readonly Lock gate = new();
    private readonly Dictionary<string, Waiting> pods = new(StringComparer.Ordinal);
    private TaskCompletionSource changed = NewSignal();
    private long moves;

    /// <summary>How often <see cref="Wake"/> was called; a try notes it before it looks, so that no change is missed while it looks.</summary>
    public long Moves => Interlocked.Read(ref moves);

    /// <summary>The pods that wait.</summary>
    public int Count
    {
        get
        {
            lock (gate)
            {
                return pods.Count;
            }
        }
    }

    /// <summary>Adds a pod, or takes its newest version; one whose spec or labels changed is tried again.</summary>
    public void Set(Pod pod)
    {
        lock (gate)
        {
            var uid = Uid(pod);
            if (!pods.TryGetValue(uid, out var waiting))
            {
                pods[uid] = new(pod) { Due = clock.GetUtcNow() };
                Signal();
                return;
            }

            if (waiting.Pod.Metadata.Generation != pod.Metadata.Generation || !SameLabels(waiting.Pod, pod))
            {
                waiting.Due = Min(waiting.Due, waiting.BackOffEnd);
                Signal();
            }

            waiting.Pod = pod;
        }
    }

    /// <summary>Removes a pod.</summary>
    public void Remove(Pod pod)
    {
        lock (gate)
        {
            pods.Remove(Uid(pod));
        }
    }

    /// <summary>Something changed that may let waiting pods in: they, or those of them that it may help, are tried again, each once its back-off has passed.</summary>
    public void Wake(Func<Pod, bool>? helps = null)
    {
        lock (gate)
        {
            Interlocked.Increment(ref moves);
            foreach (var waiting in pods.Values)
            {
                if (helps is null || helps(waiting.Pod))
                {
                    waiting.Due = Min(waiting.Due, waiting.BackOffEnd);
                }
            }

            Signal();
        }
    }

    /// <summary>Takes the next pod whose time has come out of the queue; false with the time until then, or null if none waits.</summary>
    public bool TryTake(out Pod? pod, out TimeSpan? wait)
    {
        lock (gate)
        {
            var now = clock.GetUtcNow();
            var next = pods.Values.Where(waiting => waiting.Due <= now && !waiting.IsTaken)
                .OrderByDescending(waiting => waiting.Pod.Spec.Priority ?? 0)
                .ThenBy(waiting => waiting.Pod.Metadata.CreationTimestamp)
                .ThenBy(waiting => waiting.Arrival)
                .FirstOrDefault();
            pod = next?.Pod;
            wait = null;
            if (next is not null)
            {
                next.IsTaken = true;
                return true;
            }

            var due = pods.Values.Where(waiting => !waiting.IsTaken).Select(waiting => waiting.Due).DefaultIfEmpty(DateTimeOffset.MaxValue).Min();
            wait = due == DateTimeOffset.MaxValue ? null : due - now;
            return false;
        }
    }

    /// <summary>
    /// Puts a pod back that was taken and found no node, or whose binding failed. If <see cref="Wake"/> was called since
    /// <paramref name="movesBefore"/>, only the back-off is waited for.
    /// </summary>
    public void PutBack(Pod pod, long movesBefore)
    {
        lock (gate)
        {
            if (pods.TryGetValue(Uid(pod), out var waiting))
            {
                var now = clock.GetUtcNow();
                waiting.IsTaken = false;
                waiting.BackOffEnd = now + waiting.NextBackOff(FirstBackOff, LongestBackOff);
                waiting.Due = moves != movesBefore ? waiting.BackOffEnd : now + LongestWait;
                Signal();
            }
        }
    }

    /// <summary>A task that ends at the next change of the queue. Ask for it before <see cref="TryTake"/>.</summary>
    public Task Changed()
    {
        lock (gate)
        {
            if (changed.Task.IsCompleted)
            {
                changed = NewSignal();
            }

            return changed.Task;
        }
    }

    private static TaskCompletionSource NewSignal() => new(TaskCreationOptions.RunContinuationsAsynchronously);

    private static DateTimeOffset Min(DateTimeOffset left, DateTimeOffset right) => left < right ? left : right;

    private static string Uid(Pod pod) => pod.Metadata.Uid ?? PodFacts.Key(pod);

    private static bool SameLabels(Pod left, Pod right) =>
        left.Metadata.Labels.Count == right.Metadata.Labels.Count && left.Metadata.Labels.All(label => right.Metadata.Labels.GetValueOrDefault(label.Key) == label.Value);

    private void Signal() => changed.TrySetResult();

    private sealed class Waiting(Pod pod)
    {
        private static long arrivals;
        private int failures;

        public Pod Pod { get; set; } = pod;

        public long Arrival { get; } = Interlocked.Increment(ref arrivals);

        public DateTimeOffset Due { get; set; }

        public DateTimeOffset BackOffEnd { get; set; }

        public bool IsTaken { get; set; }

        public TimeSpan NextBackOff(TimeSpan first, TimeSpan longest) =>
            TimeSpan.FromSeconds(Math.Min(longest.TotalSeconds, first.TotalSeconds * Math.Pow(2, Math.Min(failures++, 10))));
    }
}
