namespace DctNet.C2pa;

/// <summary>How far a person had a hand in what a model made (C2PA 2.4, <c>humanOversightLevel</c>).</summary>
public enum HumanOversight
{
    /// <summary>Nobody chose or looked: <c>fully_autonomous</c>.</summary>
    FullyAutonomous,

    /// <summary>A person gave the input and settings and nobody approved the result: <c>prompt_guided</c>.</summary>
    PromptGuided,

    /// <summary>A person looked at the result and approved it: <c>human_validated</c>.</summary>
    HumanValidated,
}
