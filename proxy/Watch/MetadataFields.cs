using System.Globalization;
using System.Text.Json;

namespace Podwire.Proxy.Watch;

/// <summary>What is read of metadata (ObjectMeta, meta/v1).</summary>
internal struct MetadataFields
{
    private const string TriggerTimeAnnotation = "endpoints.kubernetes.io/last-change-trigger-time";

    /// <summary>name.</summary>
    public string? Name { get; private set; }

    /// <summary>namespace.</summary>
    public string? Namespace { get; private set; }

    /// <summary>uid.</summary>
    public string? Uid { get; private set; }

    /// <summary>resourceVersion.</summary>
    public string? Version { get; private set; }

    /// <summary>creationTimestamp.</summary>
    public DateTimeOffset Created { get; private set; }

    /// <summary>The Service that label kubernetes.io/service-name names, or null.</summary>
    public string? Service { get; private set; }

    /// <summary>True if a label gives the object to another proxy, or to none.</summary>
    public bool IsForOthers { get; private set; }

    /// <summary>When the change that the object carries was triggered, as its annotation says, or null.</summary>
    public DateTimeOffset? TriggeredAt { get; private set; }

    /// <summary>Reads the object behind the property's name.</summary>
    public static MetadataFields Read(ref Utf8JsonReader json)
    {
        var fields = default(MetadataFields);
        if (!JsonValue.EnterObject(ref json))
        {
            return fields;
        }

        while (JsonValue.NextProperty(ref json))
        {
            if (json.ValueTextEquals("name"u8))
            {
                fields.Name = JsonValue.Text(ref json);
            }
            else if (json.ValueTextEquals("namespace"u8))
            {
                fields.Namespace = JsonValue.Name(ref json);
            }
            else if (json.ValueTextEquals("uid"u8))
            {
                fields.Uid = JsonValue.Text(ref json);
            }
            else if (json.ValueTextEquals("resourceVersion"u8))
            {
                fields.Version = JsonValue.Text(ref json);
            }
            else if (json.ValueTextEquals("creationTimestamp"u8))
            {
                fields.Created = Time(JsonValue.Text(ref json)) ?? default;
            }
            else if (json.ValueTextEquals("labels"u8))
            {
                fields.ReadLabels(ref json);
            }
            else if (json.ValueTextEquals("annotations"u8))
            {
                fields.ReadAnnotations(ref json);
            }
            else
            {
                JsonValue.Pass(ref json);
            }
        }

        return fields;
    }

    private static DateTimeOffset? Time(string? text) =>
        DateTimeOffset.TryParse(text, CultureInfo.InvariantCulture, DateTimeStyles.AssumeUniversal, out var time) ? time : null;

    private void ReadLabels(ref Utf8JsonReader json)
    {
        if (!JsonValue.EnterObject(ref json))
        {
            return;
        }

        while (JsonValue.NextProperty(ref json))
        {
            if (json.ValueTextEquals(SliceReader.ServiceNameLabel))
            {
                Service = JsonValue.Text(ref json);
                continue;
            }

            IsForOthers |= json.ValueTextEquals(ServiceReader.ProxyNameLabel) || json.ValueTextEquals(ServiceReader.HeadlessLabel);
            JsonValue.Pass(ref json);
        }
    }

    private void ReadAnnotations(ref Utf8JsonReader json)
    {
        if (!JsonValue.EnterObject(ref json))
        {
            return;
        }

        while (JsonValue.NextProperty(ref json))
        {
            if (json.ValueTextEquals(TriggerTimeAnnotation))
            {
                TriggeredAt = Time(JsonValue.Text(ref json));
            }
            else
            {
                JsonValue.Pass(ref json);
            }
        }
    }
}
