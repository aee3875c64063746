namespace Podwire.CniCalico.Tests.Nodes;

/// <summary>One network with a pod on each node for the checks of a class, made for the first who asks.</summary>
public abstract class SharedNetwork : IAsyncDisposable
{
    private readonly SemaphoreSlim starting = new(1);
    private CalicoNetwork? network;

    /// <summary>The pods, by their nodes' numbers.</summary>
    internal List<CalicoPod> Pods { get; } = [];

    /// <summary>The network, with all that runs in it up.</summary>
    internal async Task<CalicoNetwork> GetAsync()
    {
        await starting.WaitAsync(TestApi.Cancel);
        try
        {
            return network ??= await MakeAsync();
        }
        finally
        {
            starting.Release();
        }
    }

    /// <inheritdoc/>
    public async ValueTask DisposeAsync()
    {
        GC.SuppressFinalize(this);
        if (network is not null)
        {
            await network.DisposeAsync();
        }

        starting.Dispose();
    }

    /// <summary>The nodes, whose agents do not run yet.</summary>
    private protected abstract Task<CalicoNetwork> BeginAsync();

    /// <summary>Objects and machines, before the agents start.</summary>
    private protected abstract Task PrepareAsync(CalicoNetwork made);

    /// <summary>Waits for what has to be up.</summary>
    private protected abstract Task AwaitAsync();

    private async Task<CalicoNetwork> MakeAsync()
    {
        var made = await BeginAsync();
        try
        {
            await PrepareAsync(made);
            await made.StartNodesAsync();
            Pods.AddRange(await Task.WhenAll(Enumerable.Range(1, made.Count).Select(number => Task.Run(async () => (await made[number].PodAsync($"pod{number}")).Attach()))));
            await AwaitAsync();
            return made;
        }
        catch
        {
            await made.DisposeAsync();
            throw;
        }
    }
}
