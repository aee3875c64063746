using Microsoft.Extensions.Logging;
using Podwire.BgpDaemon.Config;
using Podwire.BgpDaemon.Loop;
using Podwire.CniCalico.Agent.Compile;

namespace Podwire.CniCalico.Agent.Apply;

/// <summary>Runs the BGP speaker on a thread of its own, and hands it another configuration when there is one.</summary>
internal sealed class SpeakerKeeper(ILogger logger) : IDisposable
{
    private static readonly TimeSpan AnswerTime = TimeSpan.FromSeconds(10);

    // The same reader for all configurations: policies that have not changed stay the same objects.
    private readonly ConfigReader reader = new();
    private volatile SpeakerLoop? loop;
    private Thread? thread;
    private ReflectorConfig? running;
    private string? json;
    private string except = string.Empty;

    /// <summary>True while the speaker answers.</summary>
    public bool IsAlive => loop is null || (thread!.IsAlive && loop.Ask(static () => "ok", AnswerTime) is not null);

    /// <summary>How the sessions stand; empty if the speaker does not answer. Any thread.</summary>
    public IReadOnlyList<SessionReport> Sessions() => loop is { } asked ? asked.Ask(asked.Sessions, AnswerTime) ?? [] : [];

    /// <summary>Brings the speaker to the plan; true if that was a change.</summary>
    /// <exception cref="ConfigException">The configuration cannot be used.</exception>
    /// <exception cref="IOException">An address cannot be listened on, or the speaker does not answer.</exception>
    public bool Ensure(SpeakerPlan plan)
    {
        var exceptText = string.Join(' ', plan.KernelExcept);
        if (plan.Json == json && exceptText == except && thread?.IsAlive == true)
        {
            return false;
        }

        var next = reader.Parse(plan.Json) with { KernelExcept = plan.KernelExcept };
        if (loop is not null && (thread?.IsAlive != true || running is null || running.Speaker != next.Speaker))
        {
            // Another AS or identifier is another speaker.
            Stop();
        }

        if (loop is null)
        {
            Start(next);
        }
        else
        {
            var refusal = loop.Ask(() => Reload(next), AnswerTime) ?? "the speaker does not answer";
            if (refusal.Length > 0)
            {
                throw new IOException(refusal);
            }
        }

        (running, json, except) = (next, plan.Json, exceptText);
        return true;
    }

    /// <inheritdoc/>
    public void Dispose() => Stop();

    private void Start(ReflectorConfig config)
    {
        var started = new SpeakerLoop(config, logger);
        thread = new Thread(() =>
        {
            try
            {
                started.Run();
            }
            catch (Exception e)
            {
                CalicoLog.SpeakerFailed(logger, e);
            }
        })
        { Name = "bgp", IsBackground = true };
        loop = started;
        thread.Start();
    }

    private string Reload(ReflectorConfig next)
    {
        try
        {
            loop!.Reload(next);
            return string.Empty;
        }
        catch (Exception e) when (e is ConfigException or IOException)
        {
            return e.Message;
        }
    }

    /// <summary>Without a word to the neighbours: they keep the routes for a graceful restart, and the kernel keeps its own.</summary>
    private void Stop()
    {
        loop?.End();
        thread?.Join(AnswerTime);
        loop?.Dispose();
        (loop, thread, running, json) = (null, null, null, null);
    }
}
