namespace DctNet.Core.Provenance;

/// <summary>The laws that a deployment answers to; what each adds is listed in this folder's README.</summary>
[Flags]
public enum ComplianceProfiles
{
    None = 0,

    /// <summary><c>cn</c>: GB 45438-2025 and the labelling measures of September 2025.</summary>
    China = 1,

    /// <summary><c>eu</c>: AI Act, Article 50(2), and its code of practice.</summary>
    EuropeanUnion = 2,

    /// <summary><c>us</c>: California's SB 942.</summary>
    UnitedStates = 4,
}
