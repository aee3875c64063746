using System.Text.Json.Nodes;

namespace Podwire.ApiServer.Rest;

/// <summary>What a resource has to reserve outside of its object (addresses, ports) before it is written.</summary>
internal interface IWriteHook
{
    /// <summary>
    /// Fills in what it reserves; <paramref name="old"/> is null for a create. Nothing stays reserved if the result is disposed uncommitted.
    /// </summary>
    /// <exception cref="ApiException">422: what the object asks for is taken.</exception>
    IReservation Reserve(ApiResource resource, JsonObject item, JsonObject? old);

    /// <summary>The object is gone from the store.</summary>
    void Release(JsonObject item);
}
