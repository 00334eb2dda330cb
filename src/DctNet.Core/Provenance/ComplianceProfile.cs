namespace DctNet.Core.Provenance;

/// <summary>Reads the names of profiles.</summary>
public static class ComplianceProfile
{
    /// <summary><c>none</c>, or names from <c>cn</c>, <c>eu</c> and <c>us</c> with commas between, in either case.</summary>
    public static Outcome<ComplianceProfiles> Parse(string text)
    {
        ArgumentNullException.ThrowIfNull(text);
        var names = text.Split(',', StringSplitOptions.TrimEntries);
        var profiles = ComplianceProfiles.None;
        foreach (var name in names)
        {
            ComplianceProfiles? profile = name.ToUpperInvariant() switch
            {
                "CN" => ComplianceProfiles.China,
                "EU" => ComplianceProfiles.EuropeanUnion,
                "US" => ComplianceProfiles.UnitedStates,
                "NONE" when names.Length == 1 => ComplianceProfiles.None,
                _ => null,
            };
            if (profile is null)
            {
                return new Failure(FailureCode.InvalidOption, $"\"{text}\" is no compliance profile; give none, or cn, eu, us with commas between.");
            }

            profiles |= profile.Value;
        }

        return profiles;
    }
}
