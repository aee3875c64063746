using Podwire.Controllers.Scheduler;

namespace Podwire.Controllers.Tests;

public class SchedulingQueueTests
{
    private readonly ManualTime time = new();

    [Fact]
    public void Pods_Come_ByPriorityThenAge()
    {
        var queue = new SchedulingQueue(time);
        var (old, young, important) = (Make.Pod("old"), Make.Pod("young"), Make.Pod("important"));
        young.Metadata.CreationTimestamp = important.Metadata.CreationTimestamp = Make.Now.AddSeconds(5);
        important.Spec.Priority = 10;
        foreach (var pod in new[] { young, old, important })
        {
            queue.Set(pod);
        }

        Assert.Equal("important old young", $"{Take(queue)} {Take(queue)} {Take(queue)}");
        Assert.Null(Take(queue));
    }

    [Fact]
    public void UnschedulablePod_ComesBack_WhenSomethingChangedAndItsBackOffHasPassed()
    {
        var queue = new SchedulingQueue(time);
        var pod = Make.Pod("p");
        queue.Set(pod);
        Assert.Equal("p", Take(queue));
        queue.PutBack(pod, queue.Moves);
        time.Advance(TimeSpan.FromSeconds(5));
        Assert.Null(Take(queue));
        queue.Wake();
        Assert.Equal("p", Take(queue));

        queue.PutBack(pod, queue.Moves);
        queue.Wake();
        Assert.Null(Take(queue));
        time.Advance(TimeSpan.FromSeconds(2));
        Assert.Equal("p", Take(queue));
    }

    [Fact]
    public void ChangeDuringATry_IsNotMissed()
    {
        var queue = new SchedulingQueue(time);
        var pod = Make.Pod("p");
        queue.Set(pod);
        var before = queue.Moves;
        Assert.Equal("p", Take(queue));
        queue.Wake();
        queue.PutBack(pod, before);
        time.Advance(TimeSpan.FromSeconds(1));
        Assert.Equal("p", Take(queue));
    }

    [Fact]
    public void PodRemovedDuringATry_DoesNotComeBack()
    {
        var queue = new SchedulingQueue(time);
        var pod = Make.Pod("p");
        queue.Set(pod);
        Assert.Equal("p", Take(queue));
        queue.Remove(pod);
        queue.PutBack(pod, queue.Moves);
        queue.Wake();
        time.Advance(TimeSpan.FromMinutes(5));
        Assert.Null(Take(queue));
        Assert.Equal(0, queue.Count);
    }

    [Fact]
    public void UnschedulablePod_WithoutAnyChange_IsTriedOnceAMinute()
    {
        var queue = new SchedulingQueue(time);
        var pod = Make.Pod("p");
        queue.Set(pod);
        Take(queue);
        queue.PutBack(pod, queue.Moves);
        Assert.False(queue.TryTake(out _, out var wait));
        Assert.Equal(TimeSpan.FromMinutes(1), wait);
        time.Advance(TimeSpan.FromMinutes(1));
        Assert.Equal("p", Take(queue));
    }

    private static string? Take(SchedulingQueue queue) => queue.TryTake(out var pod, out _) ? pod!.Metadata.Name : null;
}
