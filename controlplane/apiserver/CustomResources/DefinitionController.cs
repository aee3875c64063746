using System.Text.Json.Nodes;
using Microsoft.Extensions.Logging;
using Podwire.ApiServer.Json;
using Podwire.ApiServer.Rest;
using Podwire.ApiServer.Storage;
using Podwire.ApiServer.Watch;

namespace Podwire.ApiServer.CustomResources;

/// <summary>
/// Serves what CustomResourceDefinitions declare: accepts their names or says why not, puts the resource into the catalog, and at the end
/// of a definition takes its objects away before the definition itself. Follows the definitions in the store, at the start and at every change.
/// </summary>
internal sealed class DefinitionController(ObjectStore store, ResourceCatalog catalog, TimeProvider time, ILogger logger) : IDisposable
{
    private readonly ApiResource definitions = catalog[DefinitionResource.Group, "v1", "customresourcedefinitions"];
    private readonly Dictionary<string, (long Generation, ApiResource? Resource, CancellationTokenSource Withdrawal)> served = new(StringComparer.Ordinal);
    private readonly SemaphoreSlim one = new(1);
    private readonly CancellationTokenSource stopping = new();
    private Task following = Task.CompletedTask;

    /// <summary>Serves the definitions that are stored, and follows them from now on.</summary>
    public async Task StartAsync()
    {
        var cache = store.Cache(definitions.Stored);
        cache.TryStart(store.Revision, out var position);
        foreach (var definition in store.Snapshot(definitions.Stored).All.ToArray())
        {
            await ReconcileAsync(definition.Name).ConfigureAwait(false);
        }

        following = FollowAsync(cache, position);
    }

    public void Dispose()
    {
        stopping.Cancel();
        following.GetAwaiter().GetResult();
        foreach (var (_, _, withdrawal) in served.Values)
        {
            withdrawal.Dispose();
        }

        stopping.Dispose();
        one.Dispose();
    }

    /// <summary>Brings the catalog and the definition's status to what its spec says now.</summary>
    public async Task ReconcileAsync(string name)
    {
        await one.WaitAsync(stopping.Token).ConfigureAwait(false);
        try
        {
            while (store.Get(definitions.Stored, name) is { } stored)
            {
                var item = (JsonObject)JsonText.Parse(stored.Body)!;
                var conflict = ConflictOf(name, item);
                if (conflict is null)
                {
                    Serve(name, item);
                }

                if (stored.IsBeingDeleted)
                {
                    await EndAsync(name, item).ConfigureAwait(false);
                }

                if (await WriteAsync(stored, item, conflict).ConfigureAwait(false))
                {
                    return;
                }
            }

            Withdraw(name);
        }
        finally
        {
            one.Release();
        }
    }

    private async Task FollowAsync(ResourceCache cache, long position)
    {
        var changes = new List<WatchEvent>();
        try
        {
            while (true)
            {
                changes.Clear();
                if (!cache.TryRead(ref position, changes, () => store.Revision, out _, out var more))
                {
                    cache.TryStart(store.Revision, out position);
                    continue;
                }

                foreach (var name in changes.Select(change => change.Object.Name).Distinct())
                {
                    await ReconcileAsync(name).ConfigureAwait(false);
                }

                await more.WaitAsync(stopping.Token).ConfigureAwait(false);
            }
        }
        catch (OperationCanceledException)
        {
            // The server ends.
        }
        catch (Exception error) when (error is SqliteException or ObjectDisposedException)
        {
            ApiServerLog.DefinitionsFailed(logger, error);
        }
    }

    /// <summary>Why another resource of the group keeps the definition from its names; null where nothing does.</summary>
    private string? ConflictOf(string name, JsonObject definition)
    {
        var names = definition.At("spec", "names")!;
        var group = definition.Object("spec").Text("group");
        foreach (var other in catalog.All.Where(other => other.Group == group && other.QualifiedName != name))
        {
            var taken = new[] { other.Plural, other.Singular }.Concat(other.ShortNames);
            foreach (var wanted in new[] { names.Text("plural")!, names.Text("singular")! }.Concat(names.Texts("shortNames")))
            {
                if (taken.Contains(wanted))
                {
                    return $"\"{wanted}\" is already in use";
                }
            }

            if (other.Kind == names.Text("kind"))
            {
                return $"\"{other.Kind}\" is already in use";
            }
        }

        return null;
    }

    private void Serve(string name, JsonObject definition)
    {
        var generation = definition.Object("metadata").Number("generation") ?? 0;
        if (served.TryGetValue(name, out var there) && there.Generation == generation)
        {
            return;
        }

        // A changed schema keeps the watches: the objects are the same.
        var withdrawal = there.Withdrawal ?? new CancellationTokenSource();
        var resource = DefinitionReader.Read(definition, withdrawal.Token);
        if (resource is not null)
        {
            store.Add(resource.Stored);
            catalog.Set(resource);
            ApiServerLog.DefinitionServed(logger, resource.QualifiedName, resource.Version);
        }
        else if (there.Resource is { } before)
        {
            catalog.Remove(before);
        }

        served[name] = (generation, resource, withdrawal);
    }

    private void Withdraw(string name)
    {
        if (served.Remove(name, out var there))
        {
            if (there.Resource is { } resource)
            {
                catalog.Remove(resource);
            }

            there.Withdrawal.Cancel();
            there.Withdrawal.Dispose();
            ApiServerLog.DefinitionWithdrawn(logger, name);
        }
    }

    /// <summary>Removes the objects of a definition that ends; those that finalizers keep are marked, and asked for again.</summary>
    private async Task EndAsync(string name, JsonObject definition)
    {
        if (!served.TryGetValue(name, out var there) || there.Resource is not { } resource)
        {
            RemoveFinalizer(definition);
            return;
        }

        var remains = 0;
        foreach (var stored in store.Snapshot(resource.Stored).All.ToArray())
        {
            var item = (JsonObject)JsonText.Parse(stored.Body)!;
            var metadata = ObjectMetaRules.Of(item);
            var isKept = !metadata["finalizers"].IsEmpty();
            if (isKept && stored.IsBeingDeleted)
            {
                remains++;
                continue;
            }

            metadata["deletionTimestamp"] ??= ObjectMetaRules.Now(time);
            metadata["deletionGracePeriodSeconds"] ??= 0L;
            await store.WriteAsync(new WriteRequest(isKept ? WriteKind.Update : WriteKind.Delete, resource.Stored, stored.Key, stored.Revision, revision => ResourceWriter.Encode(item, revision))).ConfigureAwait(false);
            remains += isKept ? 1 : 0;
        }

        if (remains == 0)
        {
            RemoveFinalizer(definition);
        }
        else
        {
            _ = AskAgainAsync(name);
        }
    }

    private static void RemoveFinalizer(JsonObject definition)
    {
        var metadata = ObjectMetaRules.Of(definition);
        var kept = metadata.Texts("finalizers").Where(finalizer => finalizer != DefinitionStrategy.Finalizer).ToArray();
        if (kept.Length == 0)
        {
            metadata.Remove("finalizers");
        }
        else
        {
            var list = new JsonArray();
            foreach (var finalizer in kept)
            {
                list.Add((JsonNode)finalizer);
            }

            metadata["finalizers"] = list;
        }
    }

    private async Task AskAgainAsync(string name)
    {
        try
        {
            await Task.Delay(TimeSpan.FromSeconds(1), time, stopping.Token).ConfigureAwait(false);
            await ReconcileAsync(name).ConfigureAwait(false);
        }
        catch (Exception error) when (error is OperationCanceledException or ObjectDisposedException or SqliteException)
        {
            // The server ends; the next start asks again.
        }
    }

    /// <summary>Writes the status where it changed; false if somebody else wrote first.</summary>
    private async Task<bool> WriteAsync(StoredObject stored, JsonObject item, string? conflict)
    {
        var before = (JsonObject)JsonText.Parse(stored.Body)!;
        DefinitionStatus.Fill(item, conflict, stored.IsBeingDeleted, ObjectMetaRules.Now(time));
        var isGone = ResourceWriter.IsReleased(definitions, item);
        if (!isGone && JsonNode.DeepEquals(item, before))
        {
            return true;
        }

        var outcome = await store.WriteAsync(new WriteRequest(
            isGone ? WriteKind.Delete : WriteKind.Update, definitions.Stored, stored.Key, stored.Revision, revision => ResourceWriter.Encode(item, revision))).ConfigureAwait(false);
        return outcome.Result == WriteResult.Written && !isGone;
    }
}
