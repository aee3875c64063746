using System.Text.Json.Nodes;
using Podwire.ApiServer.Json;

namespace Podwire.ApiServer.Validation;

/// <summary>meta/v1 LabelSelectors in objects: their form, and whether they match labels.</summary>
internal static class SelectorValidation
{
    public static void Validate(JsonObject? selector, string path, FieldErrors errors)
    {
        Rest.ObjectMetaRules.ValidateLabels(selector?.Object("matchLabels"), $"{path}.matchLabels", errors);
        foreach (var (index, expression) in selector.Objects("matchExpressions").Index())
        {
            var at = $"{path}.matchExpressions[{index}]";
            if (Names.Qualified(expression.Text("key") ?? string.Empty) is { } wrong)
            {
                errors.Invalid($"{at}.key", expression.Text("key") ?? string.Empty, wrong);
            }

            var hasValues = expression.Texts("values").Any();
            switch (expression.Text("operator"))
            {
                case "In" or "NotIn" when !hasValues:
                    errors.Required($"{at}.values", "must be specified when `operator` is 'In' or 'NotIn'");
                    break;
                case "Exists" or "DoesNotExist" when hasValues:
                    errors.Forbidden($"{at}.values", "may not be specified when `operator` is 'Exists' or 'DoesNotExist'");
                    break;
                case "In" or "NotIn" or "Exists" or "DoesNotExist":
                    break;
                default:
                    errors.Invalid($"{at}.operator", expression.Text("operator") ?? string.Empty, "not a valid selector operator");
                    break;
            }
        }
    }

    public static bool IsEmpty(JsonObject? selector) => selector?["matchLabels"].IsEmpty() != false && selector?["matchExpressions"].IsEmpty() != false;

    public static bool Matches(JsonObject? selector, JsonObject? labels)
    {
        foreach (var (key, value) in selector?.Object("matchLabels") ?? [])
        {
            if (labels.Text(key) != value.AsText())
            {
                return false;
            }
        }

        foreach (var expression in selector.Objects("matchExpressions"))
        {
            var value = labels.Text(expression.Text("key")!);
            var isIn = value is not null && expression.Texts("values").Contains(value);
            var isMatch = expression.Text("operator") switch
            {
                "In" => isIn,
                "NotIn" => !isIn,
                "Exists" => value is not null,
                _ => value is null,
            };
            if (!isMatch)
            {
                return false;
            }
        }

        return true;
    }
}
