using System.Runtime.InteropServices;

namespace Podwire.Daemon;

/// <summary>
/// Turns SIGTERM and SIGINT into a cancelled token, once; a second signal while ending is left to its default, which ends the process.
/// </summary>
public sealed class Termination : IDisposable
{
    private readonly CancellationTokenSource source = new();
    private readonly PosixSignalRegistration[] registrations;

    private Termination() => registrations =
    [
        PosixSignalRegistration.Create(PosixSignal.SIGTERM, OnSignal),
        PosixSignalRegistration.Create(PosixSignal.SIGINT, OnSignal),
    ];

    /// <summary>Cancelled when the process was asked to end.</summary>
    public CancellationToken Token => source.Token;

    /// <summary>Starts handling the signals; dispose to give them back.</summary>
    public static Termination Handle() => new();

    /// <inheritdoc/>
    public void Dispose()
    {
        foreach (var registration in registrations)
        {
            registration.Dispose();
        }

        source.Dispose();
    }

    private void OnSignal(PosixSignalContext context)
    {
        if (source.IsCancellationRequested)
        {
            return;
        }

        context.Cancel = true;
        SdNotify.Stopping();
        source.Cancel();
    }
}
