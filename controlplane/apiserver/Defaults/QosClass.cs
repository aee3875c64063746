using System.Text.Json.Nodes;
using Podwire.ApiServer.Json;
using Podwire.ApiServer.Schema;

namespace Podwire.ApiServer.Defaults;

/// <summary>status.qosClass of a pod: Guaranteed, Burstable or BestEffort by its containers' cpu and memory.</summary>
internal static class QosClass
{
    public static string Of(JsonObject spec)
    {
        var (hasAny, isGuaranteed) = (false, true);
        foreach (var container in spec.Objects("initContainers").Concat(spec.Objects("containers")))
        {
            foreach (var name in new[] { "cpu", "memory" })
            {
                var request = Value(container.At("resources", "requests").Text(name));
                var limit = Value(container.At("resources", "limits").Text(name));
                hasAny |= request > 0 || limit > 0;
                isGuaranteed &= limit > 0 && request == limit;
            }
        }

        return !hasAny ? "BestEffort" : isGuaranteed ? "Guaranteed" : "Burstable";
    }

    private static decimal Value(string? text) => text is not null && Quantity.TryParse(text, out var value) ? value : 0;
}
