using System.Text.Json.Nodes;
using Podwire.ApiServer.Json;
using Podwire.ApiServer.Rest;
using Podwire.ApiServer.Validation;

namespace Podwire.ApiServer.Resources;

/// <summary>core/v1 Events: about an object in their own namespace.</summary>
internal sealed class EventStrategy : ResourceStrategy
{
    public override void Validate(JsonObject item, FieldErrors errors)
    {
        var about = item.Object("involvedObject").Text("namespace");
        var @namespace = item.Object("metadata").Text("namespace");
        var fits = string.IsNullOrEmpty(about) ? @namespace is "default" or "kube-system" : about == @namespace;
        if (!fits)
        {
            errors.Invalid("involvedObject.namespace", about ?? string.Empty, "does not match event.namespace");
        }
    }
}
