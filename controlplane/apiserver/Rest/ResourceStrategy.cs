using System.Text.Json.Nodes;
using Podwire.ApiServer.Json;
using Podwire.ApiServer.Validation;

namespace Podwire.ApiServer.Rest;

/// <summary>
/// What is particular to a resource on its way into the store. Objects come in after decoding, schema check and the metadata
/// rules that hold for all. Methods change the object in place and add what is wrong to the errors.
/// </summary>
internal class ResourceStrategy
{
    public virtual NameRule NameRule => NameRule.Subdomain;

    /// <summary>metadata.generation counts the changes of spec.</summary>
    public virtual bool HasGeneration => false;

    /// <summary>Whether an update counts as a change of what is wanted, where <see cref="HasGeneration"/> is set.</summary>
    public virtual bool IsNewGeneration(JsonObject item, JsonObject old) => !JsonNode.DeepEquals(item["spec"], old["spec"]);

    /// <summary>Status is written by its own subresource only.</summary>
    public virtual bool HasStatus => false;

    /// <summary>Fills what the API defines defaults for; runs before every write, idempotent.</summary>
    public virtual void SetDefaults(JsonObject item)
    {
    }

    /// <summary>Clears what clients may not set at creation and adds what admission adds.</summary>
    public virtual void PrepareForCreate(JsonObject item)
    {
        if (HasStatus)
        {
            item.Remove("status");
        }
    }

    /// <summary>Restores what an update of the main resource may not change.</summary>
    public virtual void PrepareForUpdate(JsonObject item, JsonObject old)
    {
        if (HasStatus)
        {
            item.TakeFrom("status", old);
        }
    }

    /// <summary>Restores what an update of status may not change.</summary>
    public virtual void PrepareForStatusUpdate(JsonObject item, JsonObject old)
    {
        item.TakeFrom("spec", old);
        item["metadata"]!.AsObject().TakeFrom("ownerReferences", old.Object("metadata"));
    }

    public virtual void Validate(JsonObject item, FieldErrors errors)
    {
    }

    /// <summary>Rules that need the old object; <see cref="Validate"/> runs as well.</summary>
    public virtual void ValidateUpdate(JsonObject item, JsonObject old, FieldErrors errors)
    {
    }

    /// <summary>
    /// The seconds between the request to delete and removal, or 0 for now. <paramref name="asked"/> is the client's wish.
    /// </summary>
    public virtual long GracePeriodSeconds(JsonObject item, long? asked) => 0;

    /// <summary>Marks an object that could not be removed at once.</summary>
    public virtual void MarkDeleted(JsonObject item)
    {
    }

    /// <summary>True if something besides metadata.finalizers and the grace period keeps the object.</summary>
    public virtual bool IsHeld(JsonObject item) => false;
}
